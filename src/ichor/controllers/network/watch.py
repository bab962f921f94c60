"""Watch: links, addresses, routes and rules as the kernel has them.

ports.network ─► network/LinkStatus, AddressStatus, RouteStatus, RoutingRuleStatus
"""

from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import ip_interface

from ichor.controllers.network.link_kind import table_name
from ichor.controllers.network.link_shown import shown
from ichor.cosi.controller import Out, Source
from ichor.cosi.resource import Spec
from ichor.cosi.wakes import snapshots
from ichor.ports.network import (
    Address,
    Link,
    Network,
    Networks,
    Route,
    Rule,
    Vlan,
    Wireguard,
)
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.kinds import Family, RouteType, RoutingRuleAction, Scope
from ichor.resources.network.link_kinds import OperationalState
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.route import RouteStatus
from ichor.resources.network.routing_rule import RoutingRuleStatus

# rtnetlink(7): RT_SCOPE_*
_SCOPES = {0: Scope.GLOBAL, 200: Scope.SITE, 253: Scope.LINK, 254: Scope.HOST, 255: Scope.NOWHERE}
_PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp"}
_TYPES = {word.number: word for word in RouteType}
_ACTIONS = {word.number: word for word in RoutingRuleAction}
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
        yield route_id(route), route_status(route, indices.get(route.link, 0))
    # Of several with one priority the last is shown.
    yield from {rule_id(rule): rule_status(rule) for rule in network.rules}.items()


def link_status(link: Link, indices: Mapping[str, int]) -> LinkStatus:
    operational = {state.value: state for state in OperationalState}
    lower = link.kind.link if isinstance(link.kind, Vlan) else ""
    said = shown(link.kind, indices)
    hardware = link.hardware
    return LinkStatus(
        alias="" if isinstance(link.kind, Wireguard) else link.alias,
        index=link.index,
        type=type_of(link),
        link_index=indices.get(lower, 0),
        flags=flags_of(link),
        hardware_addr=link.mac,
        permanent_addr=link.permanent_mac or link.mac,
        mtu=link.mtu,
        master_index=indices.get(link.master, 0),
        operational_state=operational.get(link.operational, OperationalState.UNKNOWN),
        kind=said.kind,
        bus_path=hardware.bus_path,
        pci_id=hardware.pci_id,
        driver=hardware.driver,
        driver_version=hardware.driver_version,
        firmware_version=hardware.firmware_version,
        link_state=link.running,
        vlan=said.vlan,
        bridge_master=said.bridge_master,
        bond_master=said.bond_master,
        vrf_master=said.vrf_master,
        wireguard=said.wireguard,
        veth=said.veth,
    )


def flags_of(link: Link) -> str:
    held = {
        "UP": link.up,
        "LOOPBACK": link.loopback,
        "RUNNING": link.running,
        "MULTICAST": link.multicast,
    }
    return ",".join(name for name, is_set in held.items() if is_set)


def type_of(link: Link) -> str:
    if link.loopback:
        return "loopback"
    is_ethernet = link.physical or (link.kind is not None and not isinstance(link.kind, Wireguard))
    return "ether" if is_ethernet else _NO_TYPE


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
        priority=address.priority,
    )


def route_id(route: Route) -> str:
    """Name a route as the interface does: link, family, gateway, destination, priority."""
    ip = "inet6" if route.ipv6 else "inet4"
    table = () if route.table == _MAIN else (table_name(route.table),)
    parts = (*table, route.link, ip, route.gateway, route.destination, str(route.priority))
    return "/".join(parts)


def route_status(route: Route, index: int) -> RouteStatus:
    return RouteStatus(
        family=Family.INET6 if route.ipv6 else Family.INET4,
        dst=route.destination,
        src=route.source,
        gateway=route.gateway,
        out_link_index=index,
        out_link_name=route.link,
        table=table_name(route.table),
        priority=route.priority,
        scope=_SCOPES.get(route.scope, Scope.GLOBAL),
        type=_TYPES.get(route.type, RouteType.UNSPEC),
        protocol=_PROTOCOLS.get(route.protocol, "static"),
        mtu=route.mtu,
    )


def rule_id(rule: Rule) -> str:
    return f"{'inet6' if rule.ipv6 else 'inet4'}/{rule.priority:05d}"


def rule_status(rule: Rule) -> RoutingRuleStatus:
    return RoutingRuleStatus(
        family=Family.INET6 if rule.ipv6 else Family.INET4,
        src=rule.source,
        dst=rule.destination,
        table=table_name(rule.table),
        priority=rule.priority,
        action=_ACTIONS.get(rule.action, RoutingRuleAction.UNSPEC),
        iif_name=rule.incoming,
        oif_name=rule.outgoing,
        fw_mark=rule.mark,
        fw_mask=rule.mask,
    )


def network_watch(port: Networks) -> Source[Network]:
    return Source(
        name="network.Watch",
        outputs=[Out(LinkStatus), Out(AddressStatus), Out(RouteStatus), Out(RoutingRuleStatus)],
        snapshots=partial(snapshots, port.observe, port.wakes),
        reconcile=reconcile,
    )
