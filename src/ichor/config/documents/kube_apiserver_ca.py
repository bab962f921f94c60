"""The Kubernetes CA: certificate and key on control planes, certificates alone on workers."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import Cert, Key


class IssuingCA(Part, frozen=True, kw_only=True):
    cert: Cert
    key: Key


class KubeAPIServerCAConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAPIServerCAConfig"

    issuing_ca: IssuingCA | None = field(name="issuingCA", default=None)
    accepted_cas: tuple[Cert, ...] = field(name="acceptedCAs", default=())

    def faults(self) -> Iterator[Fault]:
        if self.issuing_ca is None and not self.accepted_cas:
            yield Fault("", "expected issuingCA or acceptedCAs")
