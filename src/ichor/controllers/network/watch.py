"""Watch: links, addresses and routes as the kernel has them.

ports.network ─► network/LinkStatus, network/AddressStatus, network/RouteStatus
"""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_interface

from ichor.cosi.controller import Out, Source
from ichor.cosi.resource import Spec
from ichor.cosi.wakes import snapshots
from ichor.ports.network import Address, Link, Network, Networks, Route
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.kinds import Family, RouteType, Scope
from ichor.resources.network.link_kinds import OperationalState
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.route import RouteStatus

# rtnetlink(7): RT_SCOPE_*
_SCOPES = {0: Scope.GLOBAL, 200: Scope.SITE, 253: Scope.LINK, 254: Scope.HOST, 255: Scope.NOWHERE}
_TABLES = {253: "default", 254: "main", 255: "local"}
_PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp"}
_MAIN = 254
_NO_TYPE = "nohdr"  # ARPHRD_NONE


def reconcile(network: Network) -> Iterator[tuple[str, Spec]]:
    indices = {link.name: link.index for link in network.links}
    for link in network.links:
        yield link.name, link_status(link, indices)
    for address in network.addresses:
        id = f"{address.link}/{address.address}"
        yield id, address_status(address, indices.get(address.link, 0))
    for route in network.routes:
        if route.table == _MAIN:
            yield route_id(route), route_status(route, indices.get(route.link, 0))


def link_status(link: Link, indices: dict[str, int]) -> LinkStatus:
    operational = {state.value: state for state in OperationalState}
    return LinkStatus(
        index=link.index,
        type=type_of(link),
        hardware_addr=link.mac,
        permanent_addr=link.mac,
        mtu=link.mtu,
        master_index=indices.get(link.master, 0),
        operational_state=operational.get(link.operational, OperationalState.UNKNOWN),
        kind=type(link.kind).__name__.lower() if link.kind else "",
        link_state=link.running,
    )


def type_of(link: Link) -> str:
    if link.loopback:
        return "loopback"
    return "ether" if link.physical or link.kind is not None else _NO_TYPE


def family(text: str) -> Family:
    return Family.INET6 if ":" in text else Family.INET4


def address_status(address: Address, index: int) -> AddressStatus:
    interface = ip_interface(address.address)
    return AddressStatus(
        address=address.address,
        local=str(interface.ip),
        link_index=index,
        link_name=address.link,
        family=family(address.address),
        scope=_SCOPES.get(address.scope, Scope.GLOBAL),
        flags="" if address.dynamic else "permanent",
    )


def route_id(route: Route) -> str:
    """Name a route as the interface does: link, family, gateway, destination, priority."""
    ip = "inet6" if route.ipv6 else "inet4"
    parts = (route.link, ip, route.gateway, route.destination, str(route.priority))
    return "/".join(parts)


def route_status(route: Route, index: int) -> RouteStatus:
    return RouteStatus(
        family=Family.INET6 if route.ipv6 else Family.INET4,
        dst=route.destination,
        src=route.source,
        gateway=route.gateway,
        out_link_index=index,
        out_link_name=route.link,
        table=_TABLES.get(route.table, str(route.table)),
        priority=route.priority,
        scope=_SCOPES.get(route.scope, Scope.GLOBAL),
        type=RouteType.UNICAST,
        protocol=_PROTOCOLS.get(route.protocol, "static"),
        mtu=route.mtu,
    )


def network_watch(port: Networks) -> Source[Network]:
    return Source(
        name="network.Watch",
        outputs=[Out(LinkStatus), Out(AddressStatus), Out(RouteStatus)],
        snapshots=partial(snapshots, port.observe, port.wakes),
        reconcile=reconcile,
    )
