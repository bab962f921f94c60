"""A manifest that is applied once when the cluster is made; YAML, possibly with secrets."""

from typing import Annotated, ClassVar

from ichor.config.document import Named
from ichor.config.field import FILLED
from ichor.config.secret import Secret


class KubeInlineManifestConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeInlineManifestConfig"

    manifest: Annotated[Secret, FILLED]
