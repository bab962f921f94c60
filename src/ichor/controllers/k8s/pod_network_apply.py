"""PodNetworkApply: the kernel holds the pod network between nodes, and nothing else is touched.

    pod_network_inputs, what the kernel has ─► plan ─► links, addresses, neighbours, routes

What is ours is told by the kernel's own state, so that it is found again after a restart:

    routes       by their protocol number, ours alone
    a link       by its MAC, which is made of the pod network whose first address it has
    all on it    the addresses, neighbours and forwarding entries of such a link

A link that is called as ours and is not is replaced when the pod network is ours to hold, and
left alone otherwise: the user's own network plugin may be called flannel too. While the API server
has not answered since the start nothing is known, and what is held stays.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_interface, ip_network

from msgspec.structs import replace

from ichor.controllers.k8s import pod_network
from ichor.controllers.k8s.pod_network import VNI, Wanted, mac_of
from ichor.controllers.k8s.pod_network_inputs import Inputs, is_of_others, wanted
from ichor.cosi.controller import Actuator
from ichor.ports.network import (
    Action,
    Add,
    Address,
    CreateLink,
    Delete,
    DeleteLink,
    Link,
    Neighbour,
    Network,
    Networks,
    Route,
    SetLink,
    Vxlan,
)

PROTOCOL = 73  # rtnetlink(7): above 4 (static) they are the users'; ours is the letter I
_IPV6_PRIORITY = 1024  # what the kernel makes of 0
_LINK_SCOPE = 253
_RESYNC = timedelta(minutes=1)


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    held = wanted(inputs)
    if held is not None:
        yield from links(held, network)
        yield from entries(held, network)
        yield from routes(held, network)
    elif is_of_others(inputs):
        yield from undo(network)


def links(held: Wanted, network: Network) -> Iterator[Action]:
    """Make the tunnels as they should be; their kind cannot be changed, only made anew."""
    present = {one.name: one for one in network.links}
    names = {tunnel.name for tunnel in held.vxlans}
    for one in network.links:
        if one.name not in names and is_ours(one, network):
            yield DeleteLink(name=one.name)
    for tunnel in held.vxlans:
        yield from link(tunnel, present.get(tunnel.name))
        yield from addresses(tunnel, network)


def link(tunnel: pod_network.Vxlan, present: Link | None) -> Iterator[Action]:
    name, mac, mtu = tunnel.name, tunnel.mac, tunnel.mtu
    if present is not None and present.kind != kind(tunnel):
        yield DeleteLink(name=name)
        present = None
    if present is None:
        yield CreateLink(name=name, kind=kind(tunnel), mac=mac, mtu=mtu)
    if present is None or (present.mac, present.mtu, present.up) != (mac, mtu, True):
        yield SetLink(name=name, mac=mac, mtu=mtu, up=True)


def kind(tunnel: pod_network.Vxlan) -> Vxlan:
    return Vxlan(id=tunnel.vni, port=tunnel.port, local=tunnel.local, learning=False)


def addresses(tunnel: pod_network.Vxlan, network: Network) -> Iterator[Action]:
    """Hold the tunnel's one address; link-local ones are the kernel's own."""
    present = {
        one.address: one
        for one in network.addresses
        if one.link == tunnel.name and one.scope != _LINK_SCOPE
    }
    for address, one in present.items():
        if address != tunnel.address:
            yield Delete(what=one)
    if tunnel.address not in present:
        yield Add(what=Address(link=tunnel.name, address=tunnel.address))


def entries(held: Wanted, network: Network) -> Iterator[Action]:
    """Hold neighbour and forwarding entries of the tunnels."""
    names = {tunnel.name for tunnel in held.vxlans}
    wanted_entries = [
        Neighbour(link=one.link, address=one.address, mac=one.mac) for one in held.neighbours
    ] + [
        Neighbour(link=one.link, address=one.destination, mac=one.mac, forwarding=True)
        for one in held.forwarding
    ]
    present = {one for one in network.neighbours if one.link in names}
    taken = {identity(one) for one in wanted_entries}
    for one in sorted(present - set(wanted_entries), key=identity):
        if identity(one) not in taken:
            yield Delete(what=one)
    for one in wanted_entries:
        if one not in present:
            yield Add(what=one)


def identity(entry: Neighbour) -> tuple[str, bool, str]:
    """Give that of which the kernel holds one; adding another value replaces it."""
    return entry.link, entry.forwarding, entry.mac if entry.forwarding else entry.address


def routes(held: Wanted, network: Network) -> Iterator[Action]:
    wanted_routes = [route(one) for one in held.routes]
    destinations = {one.destination for one in wanted_routes}
    present = [one for one in network.routes if one.protocol == PROTOCOL]
    for one in present:
        if one.destination not in destinations:
            yield Delete(what=one)
    for one in wanted_routes:
        if not any(is_same(one, other) for other in present):
            yield Add(what=one)


def route(one: pod_network.Route) -> Route:
    is_v6 = ":" in one.destination
    return Route(
        destination=one.destination,
        gateway=one.gateway,
        link=one.link,
        onlink=one.onlink,
        protocol=PROTOCOL,
        priority=_IPV6_PRIORITY if is_v6 else 0,
        ipv6=is_v6,
    )


def is_same(one: Route, present: Route) -> bool:
    """Say whether a route is there already, on whichever link if none was asked for."""
    return replace(present, link=one.link or "", source="") == replace(one, source="")


def undo(network: Network) -> Iterator[Action]:
    """Take back what we made: the pod network is somebody else's now."""
    gone = [one.name for one in network.links if is_ours(one, network)]
    for one in network.routes:
        if one.protocol == PROTOCOL and one.link not in gone:
            yield Delete(what=one)
    for name in gone:
        yield DeleteLink(name=name)


def is_ours(some: Link, network: Network) -> bool:
    """Say whether a link's MAC is made of a pod network that begins with its address."""
    if not isinstance(some.kind, Vxlan) or some.kind.id != VNI:
        return False
    held = [one.address for one in network.addresses if one.link == some.name]
    return some.mac in {mac for address in held for mac in macs(address)}


def macs(address: str) -> Sequence[str]:
    interface = ip_interface(address)
    start, size = interface.ip, interface.max_prefixlen
    networks = (ip_network((start, length), strict=False) for length in range(8, size + 1))
    return [mac_of(str(network)) for network in networks if network.network_address == start]


def pod_network_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="k8s.PodNetworkApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        resync=_RESYNC,
    )
