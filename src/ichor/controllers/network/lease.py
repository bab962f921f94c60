"""Leases: which conversations there should be, and what of a lease both DHCPs offer alike."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.operator import name_of
from ichor.cosi.controller import All, Out, Output
from ichor.cosi.resource import Spec
from ichor.ports.dhcp import Action, Conversation, Converse, Lease, Silence
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Family, Layer, OperatorKind
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.resolver import NameServer, ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.time_server import TimeServerSpec

Observed = Mapping[str, Conversation]
_OFFERED = (AddressSpec, RouteSpec, ResolverSpec, HostnameSpec, TimeServerSpec, LinkSpec)
OUTPUTS = [Out(spec, CONFIG_NAMESPACE_NAME) for spec in _OFFERED]


class Inputs(Struct, frozen=True, kw_only=True):
    operators: Annotated[Mapping[str, OperatorSpec], All("network")] = {}
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def conversations(
    inputs: Inputs,
    held: Observed,
    kind: OperatorKind,
    identifier: Callable[[OperatorSpec, str], str],
) -> Iterator[Action]:
    wanted = operators(inputs, kind)
    for link in held:
        if link not in wanted:
            yield Silence(link=link)
    for link, operator in wanted.items():
        status = inputs.links[link]
        who = identifier(operator, status.hardware_addr)
        mac, index = status.hardware_addr, status.index
        asked = Converse(link=link, mac=mac, identifier=who, index=index)
        is_asked = link in held and held[link].asked == asked
        if not is_asked and status.link_state:
            yield asked


def operators(inputs: Inputs, kind: OperatorKind) -> Mapping[str, OperatorSpec]:
    return {
        one.link_name: one
        for one in inputs.operators.values()
        if one.operator is kind and one.link_name in inputs.links
    }


def asked_of(
    inputs: Inputs, held: Observed, kind: OperatorKind
) -> Iterator[tuple[OperatorSpec, Lease]]:
    for link, operator in operators(inputs, kind).items():
        lease = held[link].lease if link in held else None
        if lease is not None:
            yield operator, lease


def named(operator: OperatorSpec, name: str, spec: Spec) -> Output:
    return Output(id=f"{name_of(operator)}/{name}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def addresses(operator: OperatorSpec, lease: Lease) -> Iterator[Output]:
    for address in lease.addresses:
        spec = AddressSpec(
            address=address,
            link_name=operator.link_name,
            family=Family.INET6 if ":" in address else Family.INET4,
            layer=Layer.OPERATOR,
        )
        yield named(operator, address, spec)


def resolvers(operator: OperatorSpec, lease: Lease) -> Iterator[Output]:
    if lease.name_servers or lease.domains:
        spec = ResolverSpec(
            dns_servers=lease.name_servers,
            name_servers=tuple(NameServer(addr=address) for address in lease.name_servers),
            search_domains=lease.domains,
            layer=Layer.OPERATOR,
        )
        yield named(operator, "resolvers", spec)


def time_servers(operator: OperatorSpec, lease: Lease) -> Iterator[Output]:
    if lease.time_servers:
        spec = TimeServerSpec(time_servers=lease.time_servers, layer=Layer.OPERATOR)
        yield named(operator, "timeservers", spec)
