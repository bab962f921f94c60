"""RouteApply: the kernel has the routes it should have.

    network/RouteSpec (all), what the kernel has ─► plan ─► Add, Delete

Ours are told by their protocol: routes of DHCP that nobody wants any more are taken away, all
others belong to the kernel or to somebody else. A route whose link or gateway is not there yet is
waited for: a change of the network wakes us.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Add, Delete, Network, Networks, Route
from ichor.resources.network.kinds import Family
from ichor.resources.network.route import RouteSpec

# rtnetlink(7): RTPROT_*
PROTOCOLS: Mapping[str, int] = {"boot": 3, "static": 4, "dhcp": 16}
DHCP = PROTOCOLS["dhcp"]
_LINK_SCOPE = 253


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[RouteSpec], All("network")] = ()


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    wanted = [kernel_route(spec) for spec in inputs.wanted]
    for present in network.routes:
        if present.protocol == DHCP and not any(is_same(one, present) for one in wanted):
            yield Delete(what=present)
    for one in wanted:
        there = any(is_same(one, present) for present in network.routes)
        if not there and is_possible(one, network):
            yield Add(what=one)


def kernel_route(spec: RouteSpec) -> Route:
    return Route(
        destination=spec.dst,
        gateway=spec.gateway,
        link=spec.out_link_name,
        source=spec.src,
        priority=spec.priority,
        protocol=PROTOCOLS.get(spec.protocol, PROTOCOLS["static"]),
        scope=spec.scope.number if spec.gateway else _LINK_SCOPE,
        mtu=spec.mtu,
        ipv6=spec.family is Family.INET6,
    )


def is_same(one: Route, other: Route) -> bool:
    def key(route: Route) -> tuple[object, ...]:
        where = route.destination, route.gateway, route.link, route.table
        return *where, route.priority, route.protocol, route.ipv6

    return key(one) == key(other)


def is_possible(route: Route, network: Network) -> bool:
    """Say whether the link is up and, for a gateway, has an address it can be reached from."""
    if not any(link.name == route.link and link.up for link in network.links):
        return False
    if not route.gateway:
        return True
    own = [ip_interface(one.address) for one in network.addresses if one.link == route.link]
    return any(ip_address(route.gateway) in interface.network for interface in own)


def route_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.RouteApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
    )
