"""Cmdline: what the kernel's arguments offer.

    runtime/KernelCmdline     ─┐
    network/LinkStatus (all)  ─┴─► network-config/LinkSpec, AddressSpec, RouteSpec, OperatorSpec,
                                   HostnameSpec, ResolverSpec "cmdline/..."

An address without a link is the first device's.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.controllers.network import arguments
from ichor.controllers.network.arguments import Arguments, Bond, Ip, Vlan
from ichor.controllers.network.default_link import devices
from ichor.controllers.network.link_parts import PLAIN_BOND
from ichor.controllers.network.operator import name_of
from ichor.controllers.network.route import name_of as route_name
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.cosi.resource import Spec
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, DEFAULT_ROUTE_METRIC
from ichor.resources.network.kinds import Family, Layer, OperatorKind, RouteType
from ichor.resources.network.link import VLAN, BondMaster, LinkSpec
from ichor.resources.network.link_kinds import BondMode, BondXmitHashPolicy, LACPRate
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, DHCP6Operator, OperatorSpec
from ichor.resources.network.resolver import NameServer, ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID

_OFFERED = (LinkSpec, AddressSpec, RouteSpec, OperatorSpec, HostnameSpec, ResolverSpec)


class Inputs(Struct, frozen=True, kw_only=True):
    line: Annotated[KernelCmdline | None, Get("runtime", KERNEL_CMDLINE_ID)] = None
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def reconcile(inputs: Inputs) -> Iterator[Output]:
    if inputs.line is None:
        return
    given = arguments.read(inputs.line.cmdline)
    found: dict[str, LinkSpec] = {}
    for spec in (*bonds(given), *map(vlan_spec, given.vlans)):
        found.setdefault(spec.name, spec)
    servers: list[str] = []
    hostname = given.hostname
    for one in resolved(given, devices(inputs.links)):
        found[one.link] = replace(found.get(one.link, up(one.link)), mtu=one.mtu)
        servers.extend(one.name_servers)
        hostname = hostname or one.hostname
        yield from addressing(one)
    for name, spec in found.items():
        yield offer(name, spec)
    if servers:
        yield offer("resolvers", resolver(tuple(dict.fromkeys(servers))))
    if hostname:
        host, _, domain = hostname.partition(".")
        name_spec = HostnameSpec(hostname=host, domainname=domain, layer=Layer.CMDLINE)
        yield offer("hostname", name_spec)


def offer(name: str, spec: Spec) -> Output:
    return Output(id=f"cmdline/{name}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def resolved(given: Arguments, names: list[str]) -> Iterator[Ip]:
    """Give each `ip=` with its link."""
    for one in given.ips:
        if one.is_for_all:
            yield from (replace(one, link=name) for name in names)
        elif one.link or names:
            yield replace(one, link=one.link or names[0])


def up(link: str) -> LinkSpec:
    return LinkSpec(name=link, up=True, type="ether", layer=Layer.CMDLINE)


def bonds(given: Arguments) -> Iterator[LinkSpec]:
    for bond in given.bonds:
        master = bond_master(bond)
        yield replace(up(bond.name), logical=True, kind="bond", bond_master=master, mtu=bond.mtu)
        for place, port in enumerate(bond.ports):
            yield replace(up(port), master_name=bond.name, slave_index=place)


def bond_master(bond: Bond) -> BondMaster:
    """Read the options there usually are; the others stay the driver's."""
    told = dict(bond.options)
    modes = {mode.value: mode for mode in BondMode} | {str(one.number): one for one in BondMode}
    policies = {word.value: word for word in BondXmitHashPolicy}
    rates = {word.value: word for word in LACPRate} | {str(one.number): one for one in LACPRate}
    return replace(
        PLAIN_BOND,
        mode=modes.get(told.get("mode", ""), BondMode.BALANCE_RR),
        xmit_hash_policy=policies.get(told.get("xmit_hash_policy", ""), BondXmitHashPolicy.LAYER2),
        lacp_rate=rates.get(told.get("lacp_rate", ""), LACPRate.SLOW),
        miimon=arguments.number(told.get("miimon", "")),
        updelay=arguments.number(told.get("updelay", "")),
        downdelay=arguments.number(told.get("downdelay", "")),
        min_links=arguments.number(told.get("min_links", "")),
        primary=told.get("primary", ""),
    )


def vlan_spec(vlan: Vlan) -> LinkSpec:
    told = VLAN(vlan_id=vlan.id)
    return replace(up(vlan.name), logical=True, kind="vlan", parent_name=vlan.link, vlan=told)


def addressing(one: Ip) -> Iterator[Output]:
    link, layer = one.link, Layer.CMDLINE
    family = Family.INET6 if ":" in one.address else Family.INET4
    if one.address:
        spec = AddressSpec(address=one.address, link_name=link, family=family, layer=layer)
        yield offer(f"{link}/{one.address}", spec)
    if one.address and one.gateway:
        route = RouteSpec(
            family=family,
            gateway=one.gateway,
            out_link_name=link,
            table="main",
            priority=DEFAULT_ROUTE_METRIC,
            type=RouteType.UNICAST,
            protocol="static",
            layer=layer,
        )
        yield offer(route_name(route), route)
    asking = OperatorSpec(link_name=link, require_up=True, layer=layer)
    if one.dhcp4:
        asked = DHCP4Operator(route_metric=DEFAULT_ROUTE_METRIC)
        four = replace(asking, operator=OperatorKind.DHCP4, dhcp4=asked)
        yield offer(name_of(four), four)
    if one.dhcp6:
        six = replace(asking, operator=OperatorKind.DHCP6, dhcp6=DHCP6Operator())
        yield offer(name_of(six), six)


def resolver(servers: tuple[str, ...]) -> ResolverSpec:
    named = tuple(NameServer(addr=address) for address in servers)
    return ResolverSpec(dns_servers=servers, name_servers=named, layer=Layer.CMDLINE)


cmdline = Transform(
    name="network.Cmdline",
    inputs=Inputs,
    outputs=[Out(spec, CONFIG_NAMESPACE_NAME) for spec in _OFFERED],
    reconcile=reconcile,
)
