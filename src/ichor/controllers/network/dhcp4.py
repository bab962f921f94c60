"""DHCP4: one conversation for each operator whose link carries; a lease is an offer of its layer.

    network/OperatorSpec (all) ─┐
    network/LinkStatus (all)   ─┴─► plan ─► Converse, Silence
                                 ─► network-config/AddressSpec, RouteSpec, ResolverSpec,
                                    HostnameSpec

A link that lost its carrier keeps its lease: the conversation goes on, and the address would be
wanted again as soon as the cable is back.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Output
from ichor.ports.dhcp import Action, Converse, Lease, Leases, Silence
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Layer, OperatorKind, RouteType
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.resolver import NameServer, ResolverSpec
from ichor.resources.network.route import RouteSpec


class Inputs(Struct, frozen=True, kw_only=True):
    operators: Annotated[Mapping[str, OperatorSpec], All("network")] = {}
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def plan(inputs: Inputs, held: Mapping[str, Lease | None]) -> Iterator[Action]:
    wanted = conversing(inputs)
    for link in held:
        if link not in wanted:
            yield Silence(link=link)
    for link in wanted:
        status = inputs.links.get(link)
        if link not in held and status is not None and status.link_state:
            yield Converse(link=link, mac=status.hardware_addr)


def conversing(inputs: Inputs) -> Mapping[str, OperatorSpec]:
    return {
        one.link_name: one
        for one in inputs.operators.values()
        if one.operator is OperatorKind.DHCP4 and one.link_name in inputs.links
    }


def report(inputs: Inputs, held: Mapping[str, Lease | None]) -> Iterator[Output]:
    for link, operator in conversing(inputs).items():
        lease = held.get(link)
        if lease is not None:
            yield from offers(link, operator, lease)


def offers(link: str, operator: OperatorSpec, lease: Lease) -> Iterator[Output]:
    """Give what a lease offers, in the layer of operators."""
    namespace, layer = CONFIG_NAMESPACE_NAME, Layer.OPERATOR
    settings = operator.dhcp4
    address = AddressSpec(address=lease.address, link_name=link, layer=layer)
    yield Output(id=f"dhcp4/{link}/{lease.address}", spec=address, namespace=namespace)
    for route in () if settings is not None and settings.skip_routes else lease.routes:
        spec = RouteSpec(
            dst=route.destination,
            gateway=route.gateway,
            out_link_name=link,
            table="main",
            priority=settings.route_metric if settings is not None else 0,
            type=RouteType.UNICAST,
            protocol="dhcp",
            layer=layer,
        )
        name = f"dhcp4/{link}/{route.gateway}/{route.destination}"
        yield Output(id=name, spec=spec, namespace=namespace)
    if lease.name_servers:
        servers = tuple(NameServer(addr=address) for address in lease.name_servers)
        resolvers = ResolverSpec(dns_servers=lease.name_servers, name_servers=servers, layer=layer)
        yield Output(id=f"dhcp4/{link}/resolvers", spec=resolvers, namespace=namespace)
    if lease.hostname and not (settings is not None and settings.skip_hostname_request):
        host, _, domain = lease.hostname.partition(".")
        hostname = HostnameSpec(hostname=host, domainname=domain or lease.domain, layer=layer)
        yield Output(id=f"dhcp4/{link}/hostname", spec=hostname, namespace=namespace)


def dhcp4(port: Leases) -> Actuator[Inputs, Mapping[str, Lease | None], Action]:
    return Actuator(
        name="network.DHCP4",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[
            Out(AddressSpec, CONFIG_NAMESPACE_NAME),
            Out(RouteSpec, CONFIG_NAMESPACE_NAME),
            Out(ResolverSpec, CONFIG_NAMESPACE_NAME),
            Out(HostnameSpec, CONFIG_NAMESPACE_NAME),
        ],
        report=report,
    )
