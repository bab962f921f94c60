"""The pod network between nodes: links, routes, neighbours and forwarding entries to hold.

    Nodes (pod networks, addresses), this node, KubeFlannelCNIConfig ─► Wanted

    vxlan:   a route to the other node's pods by its tunnel address on our vxlan link; a neighbour
             entry gives that address a MAC; a forwarding entry gives the MAC the node's address
    host-gw: a route by the other node's address, which must be on our link

A tunnel end's address is the first of its pod network, and its MAC is made of that network; so
both are known from the Node alone, and nothing needs to be announced. Each address family has a
link of its own, named as flannel names it. What leaves the cluster is masqueraded, what stays in
it keeps its address, because network policies and logs want it.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from msgspec import Struct

_Network: TypeAlias = IPv4Network | IPv6Network
_NAMES = {4: "flannel.1", 6: "flannel-v6.1"}
_OVERHEAD = {4: 50, 6: 70}  # Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8 (RFC 7348)
VNI = 1


class Node(Struct, frozen=True, kw_only=True):
    """A Node's share: its pod networks and internal addresses, at most one of each family."""

    name: str
    pod_cidrs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Inputs(Struct, frozen=True, kw_only=True):
    """mtu: of the pods' links, 0 to make it of the underlying one. backend: vxlan or host-gw."""

    own: str
    nodes: tuple[Node, ...]
    pod_networks: tuple[str, ...]
    backend: str = "vxlan"
    port: int = 4789
    mtu: int = 0
    link_mtu: int = 1500


class Vxlan(Struct, frozen=True, kw_only=True):
    """A tunnel link; address has the prefix length of one host."""

    name: str
    vni: int
    port: int
    local: str
    mac: str
    mtu: int
    address: str


class Route(Struct, frozen=True, order=True):
    """link is empty where the kernel finds it by the gateway."""

    destination: str
    gateway: str
    link: str
    onlink: bool


class Neighbour(Struct, frozen=True, order=True):
    link: str
    address: str
    mac: str


class Forwarding(Struct, frozen=True, order=True):
    """Frames to this MAC go to that node."""

    link: str
    mac: str
    destination: str


class Masquerade(Struct, frozen=True, order=True):
    """Packets from `source` to anywhere but `inside` leave with the node's address."""

    source: str
    inside: tuple[str, ...]


class Wanted(Struct, frozen=True, kw_only=True):
    """Everything ascending; equal inputs in any order give equal values."""

    vxlans: tuple[Vxlan, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    forwarding: tuple[Forwarding, ...] = ()
    masquerades: tuple[Masquerade, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    pod_mtu: int = 0


class _End(Struct, frozen=True, kw_only=True):
    """One node in one family."""

    network: _Network
    address: str

    @property
    def tunnel(self) -> str:
        return str(self.network.network_address)

    @property
    def mac(self) -> str:
        return mac_of(str(self.network))


def render(inputs: Inputs) -> Wanted:
    """Give what is to be held; nothing while this node has no pod network."""
    own = next((node for node in inputs.nodes if node.name == inputs.own), None)
    if own is None or not own.pod_cidrs:
        return Wanted()
    wanted = [_family(inputs, own, version) for version in (4, 6)]
    families = [one for one in wanted if one is not None]
    return Wanted(
        vxlans=tuple(link for one in families for link in one.vxlans),
        routes=tuple(sorted(route for one in families for route in one.routes)),
        neighbours=tuple(sorted(entry for one in families for entry in one.neighbours)),
        forwarding=tuple(sorted(entry for one in families for entry in one.forwarding)),
        masquerades=tuple(sorted(rule for one in families for rule in one.masquerades)),
        pod_cidrs=own.pod_cidrs,
        pod_mtu=min((one.pod_mtu for one in families), default=inputs.link_mtu),
    )


def mac_of(pod_cidr: str) -> str:
    """Make a locally administered unicast MAC of a pod network: the same on every node."""
    octets = bytes([0x0E]) + sha256(pod_cidr.encode()).digest()[:5]
    return ":".join(f"{octet:02x}" for octet in octets)


def _family(inputs: Inputs, own: Node, version: int) -> Wanted | None:
    me = _end(own, version)
    if me is None:
        return None
    others = [
        end
        for node in inputs.nodes
        if node.name != own.name and (end := _end(node, version)) is not None
    ]
    mtu = inputs.mtu or inputs.link_mtu - _overhead(inputs, version)
    inside = tuple(net for net in inputs.pod_networks if ip_network(net).version == version)
    rule = Masquerade(str(me.network), tuple(sorted(inside)))
    if inputs.backend == "host-gw":
        routes = tuple(Route(str(end.network), end.address, "", False) for end in others)
        return Wanted(routes=routes, masquerades=(rule,), pod_mtu=mtu)
    link = Vxlan(
        name=_NAMES[version],
        vni=VNI,
        port=inputs.port,
        local=me.address,
        mac=me.mac,
        mtu=mtu,
        address=f"{me.tunnel}/{me.network.max_prefixlen}",
    )
    return Wanted(
        vxlans=(link,),
        routes=tuple(Route(str(end.network), end.tunnel, link.name, True) for end in others),
        neighbours=tuple(Neighbour(link.name, end.tunnel, end.mac) for end in others),
        forwarding=tuple(Forwarding(link.name, end.mac, end.address) for end in others),
        masquerades=(rule,),
        pod_mtu=mtu,
    )


def _overhead(inputs: Inputs, version: int) -> int:
    return 0 if inputs.backend == "host-gw" else _OVERHEAD[version]


def _end(node: Node, version: int) -> _End | None:
    network = next(_networks(node.pod_cidrs, version), None)
    address = next((one for one in node.addresses if ip_address(one).version == version), None)
    if network is None or address is None:
        return None
    return _End(network=network, address=address)


def _networks(cidrs: Sequence[str], version: int) -> Iterator[_Network]:
    return (network for cidr in cidrs if (network := ip_network(cidr)).version == version)
