"""Links: what is there by itself, and those that stand alone or on one other.

The document's name is the link's. All kinds of links have addresses and routes, and come up unless
`up` says otherwise.
"""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import field

from ichor.config.document import Fault, Named, Part
from ichor.config.field import ALWAYS, CIDR, INTERFACE, IP, LINK, MAC, TABLE, U32, Range

Mtu = Annotated[int, Range(68, 65575)]
LinkName = Annotated[str, LINK]


class LinkAddress(Part, frozen=True, kw_only=True):
    address: Annotated[str, INTERFACE, ALWAYS]
    route_priority: Annotated[int, U32] | None = None


class LinkRoute(Part, frozen=True, kw_only=True):
    """destination: None for the default route, of the gateway's family."""

    destination: Annotated[str, CIDR] | None = None
    gateway: Annotated[str, IP] | None = None
    source: Annotated[str, IP] | None = None
    metric: Annotated[int, U32] | None = None
    mtu: Mtu | None = None
    table: Annotated[str, TABLE] | None = None

    def faults(self) -> Iterator[Fault]:
        given = {"gateway": self.gateway, "source": self.source}
        families = {
            name: ipaddress.ip_address(text).version for name, text in given.items() if text
        }
        if self.destination is None and self.gateway is None:
            yield Fault("", "expected destination, gateway or both")
        elif self.destination is not None:
            families["destination"] = ipaddress.ip_network(self.destination, strict=False).version
        if len(set(families.values())) > 1:
            yield Fault("", f"expected one address family, got {families}".replace("'", ""))


class LinkDocument(Named, frozen=True, kw_only=True):
    name: LinkName
    up: bool | None = None
    mtu: Mtu | None = None
    addresses: tuple[LinkAddress, ...] = ()
    routes: tuple[LinkRoute, ...] = ()
    multicast: bool | None = None

    def faults(self) -> Iterator[Fault]:
        if self.multicast is False:
            yield Fault("multicast", "false is known, not supported yet", "remove the field")
        given = [ipaddress.ip_interface(one.address) for one in self.addresses]
        if len(set(given)) < len(given):
            yield Fault("addresses", "expected each address once")


class LinkConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "LinkConfig"


class DummyLinkConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "DummyLinkConfig"

    hardware_addr: Annotated[str, MAC] | None = None


class VLANConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "VLANConfig"

    vlan_id: Annotated[int, Range(1, 4094)] = field(name="vlanID")
    vlan_mode: Literal["802.1q", "802.1ad"] = "802.1q"
    parent: LinkName

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.parent == self.name:
            yield Fault("parent", "expected another link than itself")


class VRFConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "VRFConfig"

    hardware_addr: Annotated[str, MAC] | None = None
    links: tuple[LinkName, ...] = ()
    table: Annotated[str, TABLE, ALWAYS]


class VethPeer(LinkDocument, frozen=True, kw_only=True):
    """The other end: said as a document says a link, within that of the first."""


class VethConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "VethConfig"

    peer: VethPeer

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.peer.name == self.name:
            yield Fault("peer.name", "expected another link than itself")
