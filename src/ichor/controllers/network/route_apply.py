"""RouteApply: the kernel has the routes it should have.

    network/RouteSpec (all), what the kernel has ─► plan ─► Add, Delete

Ours are told by their protocol, DHCP's or a number of our own (shown as static): such that nobody
wants any more are taken away, all others belong to the kernel or to somebody else. A route whose
link or gateway is not there yet is waited for: a change of the network wakes us.

The kernel has one route of a destination, table and metric: of several that are wanted, and can be
there, it is given that of the highest layer, then of the first link by name.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_interface, ip_network
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.controllers.network.link_kind import table_number
from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Add, Delete, Network, Networks, Route
from ichor.resources.network.kinds import Family, RouteType
from ichor.resources.network.route import RouteSpec

# rtnetlink(7): RTPROT_DHCP, and the number after that of the pod network's routes
DHCP, STATIC = 16, 74
OURS = (DHCP, STATIC)
_LINK_SCOPE = 253
_MAIN = 254
_IPV6_PRIORITY = 1024  # what the kernel makes of 0


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[RouteSpec], All("network")] = ()


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    ranked = [kernel_route(spec) for spec in sorted(inputs.wanted, key=rank)]
    near = winners((one for one in ranked if not one.gateway), network)
    others = (present for present in network.routes if present.protocol not in OURS)
    world = replace(network, routes=(*others, *near))
    # A gateway may be reached by another of these routes, which is to be there first.
    wanted = sorted(winners(ranked, world), key=lambda one: bool(one.gateway))
    for present in network.routes:
        if present.protocol in OURS and not any(is_same(one, present) for one in wanted):
            yield Delete(what=present)
    for one in wanted:
        there = any(is_same(one, present) for present in network.routes)
        if not there and is_possible(one, world):
            yield Add(what=one)


def rank(spec: RouteSpec) -> tuple[int, str, str]:
    return -spec.layer.number, spec.out_link_name, spec.gateway


def winners(ranked: Iterable[Route], world: Network) -> Sequence[Route]:
    """Give one for each that the kernel can have, the best first: of those that can be there."""
    best: dict[tuple[str, int, int, bool], Route] = {}
    for one in sorted(ranked, key=lambda one: not is_possible(one, world)):
        best.setdefault((one.destination, one.table, one.priority, one.ipv6), one)
    return list(best.values())


def kernel_route(spec: RouteSpec) -> Route:
    is_v6 = spec.family is Family.INET6
    near = 0 if is_v6 or spec.type is not RouteType.UNICAST else _LINK_SCOPE
    return Route(
        destination=spec.dst,
        gateway=spec.gateway,
        link=spec.out_link_name,
        source=spec.src,
        table=table_number(spec.table) or _MAIN,
        priority=spec.priority or (_IPV6_PRIORITY if is_v6 else 0),
        protocol=DHCP if spec.protocol == "dhcp" else STATIC,
        scope=0 if spec.gateway else near,
        type=spec.type.number or RouteType.UNICAST.number,
        mtu=spec.mtu,
        ipv6=is_v6,
    )


def is_same(one: Route, other: Route) -> bool:
    def key(route: Route) -> tuple[object, ...]:
        # IPv6's routes to nowhere are on loopback, whatever was asked for.
        link = route.link if route.type == RouteType.UNICAST.number else ""
        where = route.destination, route.gateway, link, route.table, route.type, route.source
        return *where, route.priority, route.protocol, route.mtu, route.ipv6

    return key(one) == key(other)


def is_possible(route: Route, network: Network) -> bool:
    """Say whether the link is up and a gateway is on it: in an address's prefix or by a route."""
    if not route.link:
        return route.type != RouteType.UNICAST.number
    if not any(link.name == route.link and link.up for link in network.links):
        return False
    if not route.gateway or ip_address(route.gateway).is_link_local:
        return True
    own = [ip_interface(one.address) for one in network.addresses if one.link == route.link]
    near = [*(one.network for one in own), *(map(ip_network, destinations(route.link, network)))]
    return any(ip_address(route.gateway) in one for one in near)


def destinations(link: str, network: Network) -> Iterator[str]:
    """Yield what is on the link itself, by the routes there are."""
    for one in network.routes:
        if one.link == link and one.destination and not one.gateway:
            yield one.destination


def route_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.RouteApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        apart=True,
    )
