"""KubePrism: a balancer on loopback before all API servers; without the document there is none."""

from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import PORT


class KubePrismConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubePrismConfig"
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"tlsServerName"})

    port: Annotated[int, PORT]
