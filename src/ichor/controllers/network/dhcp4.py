"""DHCP4: one conversation for each operator whose link carries; a lease is an offer of its layer.

    network/OperatorSpec (all) ─┐
    network/LinkStatus (all)   ─┴─► plan ─► Converse, Silence
                                 ─► network-config/AddressSpec, RouteSpec, ResolverSpec,
                                    HostnameSpec, TimeServerSpec, LinkSpec (its MTU)

A link that lost its carrier keeps its lease: the conversation goes on, and the address would be
wanted again as soon as the cable is back.
"""

from collections.abc import Iterator

from ichor.controllers.network.lease import (
    OUTPUTS,
    Inputs,
    Observed,
    addresses,
    asked_of,
    conversations,
    named,
    resolvers,
    time_servers,
)
from ichor.cosi.controller import Actuator, Output
from ichor.ports.dhcp import Action, Lease, LeasedRoute, Leases
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.kinds import ClientIdentifierKind, Layer, OperatorKind, RouteType
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.operator import DHCP4Operator, OperatorSpec
from ichor.resources.network.route import RouteSpec

KIND = OperatorKind.DHCP4
_OF_MAC, _OF_DUID = "01", "ff"  # RFC 2132, 9.14; RFC 4361, 6.1


def plan(inputs: Inputs, held: Observed) -> Iterator[Action]:
    yield from conversations(inputs, held, KIND, identifier)


def identifier(operator: OperatorSpec, mac: str) -> str:
    """Give option 61: made of the hardware address, or of the DUID that is given, or nothing."""
    wanted = settings_of(operator).client_identifier
    octets = mac.replace(":", "")
    if wanted is None or wanted.client_identifier is ClientIdentifierKind.MAC:
        return _OF_MAC + octets
    if wanted.client_identifier is ClientIdentifierKind.DUID:
        return _OF_DUID + octets[-8:] + wanted.duid_raw_hex
    return ""


def report(inputs: Inputs, held: Observed) -> Iterator[Output]:
    for operator, lease in asked_of(inputs, held, KIND):
        yield from offers(operator, lease)


def offers(operator: OperatorSpec, lease: Lease) -> Iterator[Output]:
    """Give what a lease offers, in the layer of operators."""
    settings = settings_of(operator)
    yield from addresses(operator, lease)
    for route in () if settings.skip_routes else lease.routes:
        name = f"{route.gateway}/{route.destination}"
        yield named(operator, name, route_spec(operator, route))
    yield from resolvers(operator, lease)
    yield from time_servers(operator, lease)
    if lease.mtu:
        link = operator.link_name
        spec = LinkSpec(name=link, up=True, type="ether", mtu=lease.mtu, layer=Layer.OPERATOR)
        yield named(operator, "link", spec)
    if lease.hostname and not settings.skip_hostname_request:
        host, _, domain = lease.hostname.partition(".")
        hostname = HostnameSpec(
            hostname=host, domainname=domain or lease.domain, layer=Layer.OPERATOR
        )
        yield named(operator, "hostname", hostname)


def settings_of(operator: OperatorSpec) -> DHCP4Operator:
    return operator.dhcp4 or DHCP4Operator()


def route_spec(operator: OperatorSpec, route: LeasedRoute) -> RouteSpec:
    return RouteSpec(
        dst=route.destination,
        gateway=route.gateway,
        out_link_name=operator.link_name,
        table="main",
        priority=settings_of(operator).route_metric,
        type=RouteType.UNICAST,
        protocol="dhcp",
        layer=Layer.OPERATOR,
    )


def dhcp4(port: Leases) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="network.DHCP4",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=OUTPUTS,
        report=report,
    )
