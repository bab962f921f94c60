"""The CA of the aggregation layer (front proxy); control planes only."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import Cert, Key


class IssuingCA(Part, frozen=True, kw_only=True):
    cert: Cert
    key: Key


class KubeAggregatorCAConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAggregatorCAConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    issuing_ca: IssuingCA | None = field(name="issuingCA", default=None)
    accepted_cas: tuple[Cert, ...] = field(name="acceptedCAs", default=())

    def faults(self) -> Iterator[Fault]:
        if self.issuing_ca is None and not self.accepted_cas:
            yield Fault("", "expected issuingCA or acceptedCAs")
