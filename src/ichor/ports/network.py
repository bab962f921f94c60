"""Links, addresses, routes, neighbours of this network namespace.

Links are named, never numbered, but for what only the kernel knows. Addresses are canonical text:
`10.5.0.2/24`, `10.5.0.1`, `fd00::1/64`; MACs are lower case with colons.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct


class Bridge(Struct, frozen=True, kw_only=True, tag="bridge"):
    stp: bool = False


class Vxlan(Struct, frozen=True, kw_only=True, tag="vxlan"):
    """link: the device that carries it, empty for any."""

    id: int
    port: int = 4789
    local: str = ""
    link: str = ""
    learning: bool = True


class Vlan(Struct, frozen=True, kw_only=True, tag="vlan"):
    id: int
    link: str


class Dummy(Struct, frozen=True, kw_only=True, tag="dummy"):
    pass


class Veth(Struct, frozen=True, kw_only=True, tag="veth"):
    """peer: name of the other end if it is here, empty if it is elsewhere."""

    peer: str = ""


Kind = Bridge | Vxlan | Vlan | Dummy | Veth


class Link(Struct, frozen=True, kw_only=True):
    """kind: None for what is no software link of ours to make, such as lo or hardware.

    physical: an Ethernet device, of whatever bus. up: it shall carry; running: it does.
    operational: as RFC 2863 has it (`up`, `unknown`).
    """

    name: str
    index: int = 0
    kind: Kind | None = None
    loopback: bool = False
    physical: bool = False
    mac: str = ""
    mtu: int = 0
    up: bool = False
    running: bool = False
    operational: str = "unknown"
    master: str = ""


class Address(Struct, frozen=True, kw_only=True):
    """scope: 0 global, 253 link, 254 host (rtnetlink(7)). dynamic: it has a lifetime.

    protocol: who added it, as of a route; 0 where nobody said (kernel 5.18, IFA_PROTO).
    """

    link: str
    address: str
    scope: int = 0
    dynamic: bool = False
    protocol: int = 0


class Route(Struct, frozen=True, kw_only=True):
    """destination: empty for the default route, of the gateway's family.

    type: 1 unicast, 2 local, 6 blackhole, 7 unreachable; protocol: 2 kernel, 3 boot, 4 static,
    9 ra, 16 dhcp (rtnetlink(7)).
    """

    destination: str = ""
    gateway: str = ""
    link: str = ""
    source: str = ""
    table: int = 254
    priority: int = 0
    protocol: int = 4
    scope: int = 0
    type: int = 1
    onlink: bool = False
    mtu: int = 0
    ipv6: bool = False


class Neighbour(Struct, frozen=True, kw_only=True):
    """A permanent entry: of the neighbour table (address -> mac), or of a vxlan device's forwarding

    database (mac -> address of the far node).
    """

    link: str
    address: str
    mac: str
    forwarding: bool = False


class Rule(Struct, frozen=True, kw_only=True):
    """A routing policy rule; priority is its identity together with the rest."""

    priority: int
    table: int = 254
    source: str = ""
    destination: str = ""
    mark: int = 0
    mask: int = 0
    ipv6: bool = False


class Network(Struct, frozen=True, kw_only=True):
    """All of it at one moment; links by index, the rest sorted."""

    links: tuple[Link, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    rules: tuple[Rule, ...] = ()


class CreateLink(Struct, frozen=True, kw_only=True):
    """Make a software link, down."""

    name: str
    kind: Kind
    mac: str = ""
    mtu: int = 0


class SetLink(Struct, frozen=True, kw_only=True):
    """Change a link; None leaves what is. master: empty for none."""

    name: str
    up: bool | None = None
    mtu: int | None = None
    mac: str | None = None
    master: str | None = None


class DeleteLink(Struct, frozen=True, kw_only=True):
    name: str


class Add(Struct, frozen=True, kw_only=True):
    """Add it; one with the same identity is replaced."""

    what: Address | Route | Neighbour | Rule


class Delete(Struct, frozen=True, kw_only=True):
    what: Address | Route | Neighbour | Rule


Action = CreateLink | SetLink | DeleteLink | Add | Delete


class Networks(Protocol):
    def observe(self) -> Network: ...

    def apply(self, action: Action) -> None:
        """Raises OSError with the kernel's own words: EEXIST, ENODEV, EADDRNOTAVAIL, ESRCH."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when any of it may have changed."""
        ...
