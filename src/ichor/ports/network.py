"""Links, addresses, routes, neighbours of this network namespace.

Links are named, never numbered, but for what only the kernel knows. Addresses are canonical text:
`10.5.0.2/24`, `10.5.0.1`, `fd00::1/64`; MACs are lower case with colons.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from ichor.protocols.netlink.bond import Options


class Bridge(Struct, frozen=True, kw_only=True, tag="bridge"):
    stp: bool = False
    vlan_filtering: bool = False


class Bond(Options, frozen=True, kw_only=True, tag="bond"):
    """primary: a port's name; the kernel tells it only once that is a port."""

    primary: str = ""


class Vxlan(Struct, frozen=True, kw_only=True, tag="vxlan"):
    """link: the device that carries it, empty for any."""

    id: int
    port: int = 4789
    local: str = ""
    link: str = ""
    learning: bool = True


class Vlan(Struct, frozen=True, kw_only=True, tag="vlan"):
    """protocol: the type of its frames, 802.1Q or 0x88a8 (802.1ad)."""

    id: int
    link: str
    protocol: int = 0x8100


class Vrf(Struct, frozen=True, kw_only=True, tag="vrf"):
    table: int


class WireguardPeer(Struct, frozen=True, kw_only=True):
    """Keys in base64. endpoint: address and port; empty while nobody was heard or named.

    allowed: networks, sorted.
    """

    public_key: str
    preshared_key: str = ""
    endpoint: str = ""
    keepalive_s: int = 0
    allowed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"WireguardPeer({self.public_key!r}, endpoint={self.endpoint!r}, ...)"


class Wireguard(Struct, frozen=True, kw_only=True, tag="wireguard"):
    """listen_port 0 in a wish: whichever is free. private_key: only in a wish; public_key: only

    in what is observed.
    """

    private_key: str = ""
    public_key: str = ""
    listen_port: int = 0
    mark: int = 0
    peers: tuple[WireguardPeer, ...] = ()

    def __repr__(self) -> str:
        return f"Wireguard({self.public_key!r}, listen_port={self.listen_port}, {self.peers!r})"


class Dummy(Struct, frozen=True, kw_only=True, tag="dummy"):
    pass


class Veth(Struct, frozen=True, kw_only=True, tag="veth"):
    """peer: name of the other end if it is here, empty if it is elsewhere."""

    peer: str = ""


Kind = Bond | Bridge | Dummy | Veth | Vlan | Vrf | Vxlan | Wireguard


class Hardware(Struct, frozen=True, kw_only=True):
    """What drives a device, and where it sits: `virtio_net`, `0000:00:03.0`, `1AF4:1041`."""

    driver: str = ""
    driver_version: str = ""
    firmware_version: str = ""
    bus_path: str = ""
    pci_id: str = ""


class Link(Struct, frozen=True, kw_only=True):
    """kind: None for what is no software link of ours to make, such as lo or hardware.

    physical: an Ethernet device, of whatever bus. up: it shall carry; running: it does.
    operational: as RFC 2863 has it (`up`, `unknown`). group, alias: a number and a text that who
    made it gave it.
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
    group: int = 0
    alias: str = ""
    multicast: bool = True
    permanent_mac: str = ""
    hardware: Hardware = Hardware()


class Address(Struct, frozen=True, kw_only=True):
    """scope: 0 global, 253 link, 254 host (rtnetlink(7)). dynamic: it has a lifetime.

    protocol: who added it, as of a route; 0 where nobody said (kernel 5.18, IFA_PROTO).
    priority: the metric of the route to its prefix; 0 for the kernel's own. shared: of IPv6, used
    without asking first whether somebody else has it (duplicate address detection), and never the
    source of a connection while there is another (deprecated, RFC 4862).
    """

    link: str
    address: str
    scope: int = 0
    dynamic: bool = False
    protocol: int = 0
    priority: int = 0
    shared: bool = False


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
    """A routing policy rule; priority is its identity together with the rest.

    action: 1 to the table, 6 blackhole, 7 unreachable, 8 prohibit. protocol: as of a route.
    """

    priority: int
    table: int = 254
    source: str = ""
    destination: str = ""
    incoming: str = ""
    outgoing: str = ""
    mark: int = 0
    mask: int = 0
    action: int = 1
    protocol: int = 0
    ipv6: bool = False


class Network(Struct, frozen=True, kw_only=True):
    """All of it at one moment; links by index, the rest sorted."""

    links: tuple[Link, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    rules: tuple[Rule, ...] = ()


class CreateLink(Struct, frozen=True, kw_only=True):
    """Make a software link, down. Of a veth both ends are made, and are of the group."""

    name: str
    kind: Kind
    mac: str = ""
    mtu: int = 0
    group: int = 0


class SetLink(Struct, frozen=True, kw_only=True):
    """Change a link; None leaves what is. master, alias: empty for none."""

    name: str
    up: bool | None = None
    mtu: int | None = None
    mac: str | None = None
    master: str | None = None
    multicast: bool | None = None
    alias: str | None = None


class SetWireguard(Struct, frozen=True, kw_only=True):
    """Give a link of that kind these keys and these peers, and no others; and the alias.

    A peer's address changes as it moves: the alias tells which wish it was that was fulfilled.
    """

    name: str
    wireguard: Wireguard
    alias: str


class DeleteLink(Struct, frozen=True, kw_only=True):
    name: str


class Add(Struct, frozen=True, kw_only=True):
    """Add it; one with the same identity is replaced."""

    what: Address | Route | Neighbour | Rule


class Delete(Struct, frozen=True, kw_only=True):
    what: Address | Route | Neighbour | Rule


class Announce(Struct, frozen=True, kw_only=True):
    """Tell everybody on the link that an address is here now, whoever had it before.

    It is told some times, also where the first fails; not once the address is gone.
    """

    link: str
    address: str


Action = CreateLink | SetLink | SetWireguard | DeleteLink | Add | Delete | Announce


class Networks(Protocol):
    def observe(self) -> Network: ...

    def apply(self, action: Action) -> None:
        """Raises OSError with the kernel's own words: EEXIST, ENODEV, EADDRNOTAVAIL, ESRCH."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when any of it may have changed."""
        ...
