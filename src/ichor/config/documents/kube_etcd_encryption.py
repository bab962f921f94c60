"""How the API server encrypts what it stores: its EncryptionConfiguration, keys included."""

from typing import ClassVar

from ichor.config.document import Document
from ichor.config.secret import Object


class KubeEtcdEncryptionConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeEtcdEncryptionConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    config: Object
