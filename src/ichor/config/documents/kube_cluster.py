"""The Kubernetes cluster this node belongs to, and the address its control plane answers at."""

from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import FILLED, HTTPS


class KubeClusterConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeClusterConfig"

    cluster_name: Annotated[str, FILLED]
    endpoint: Annotated[str, HTTPS]
