"""Addresses by DHCP: the document's name is the link's."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from ichor.config.document import Fault, Named
from ichor.config.field import DUID, LINK, U32


class DHCPv4Config(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "DHCPv4Config"

    name: Annotated[str, LINK]
    route_metric: Annotated[int, U32] = 1024
    ignore_hostname: bool = False
    ignore_routes: bool = False
    client_identifier: Literal["none", "mac", "duid"] = "mac"
    duid_raw: Annotated[str, DUID] | None = None

    def faults(self) -> Iterator[Fault]:
        yield from _duid(self.client_identifier, self.duid_raw)


class DHCPv6Config(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "DHCPv6Config"
    # Routes are told by router advertisements, which the kernel hears, and names are not asked for.
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"routeMetric", "ignoreHostname"})

    name: Annotated[str, LINK]
    client_identifier: Literal["none", "mac", "duid"] = "mac"
    duid_raw: Annotated[str, DUID] | None = None

    def faults(self) -> Iterator[Fault]:
        yield from _duid(self.client_identifier, self.duid_raw)
        if self.client_identifier == "none":
            message = "DHCPv6 asks nobody without one (RFC 8415, 16)"
            yield Fault("clientIdentifier", message, "use mac or duid")


def _duid(kind: str, raw: str | None) -> Iterator[Fault]:
    if kind == "duid" and raw is None:
        yield Fault("duidRaw", "a required field is missing for clientIdentifier: duid")
    if kind != "duid" and raw is not None:
        yield Fault("duidRaw", "needs clientIdentifier: duid")
