"""CoreDNS in the cluster; without an image the OS takes the one it was built with."""

from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import ALWAYS, IMAGE


class KubeCoreDNSConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeCoreDNSConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    enabled: Annotated[bool, ALWAYS] = True
    image: Annotated[str, IMAGE] | None = None
