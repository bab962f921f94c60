"""The host name: given, or made from the node's identity (`auto: stable`)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from ichor.config.document import Document, Fault
from ichor.config.field import DNS


class HostnameConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "HostnameConfig"

    auto: Literal["stable", "off"] | None = None
    hostname: Annotated[str, DNS] | None = None

    def faults(self) -> Iterator[Fault]:
        if self.hostname is not None and self.auto not in (None, "off"):
            yield Fault("auto", "expected no auto beside hostname", "remove one of them")
        elif self.hostname is None and self.auto is None:
            yield Fault("", "expected auto or hostname")
        elif self.hostname is not None and len(self.hostname.partition(".")[0]) > 63:
            yield Fault("hostname", "expected 1 to 63 characters before the first dot")
