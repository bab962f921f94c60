"""The API server's structured authentication; without it anonymous requests are off."""

from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import REPLACE
from ichor.config.secret import Object


class KubeAuthenticationConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAuthenticationConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    configuration: Annotated[Object, REPLACE]
