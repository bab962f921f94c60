"""PlatformConfig: what the platform says of the network, for the links that this machine has.

    runtime/PlatformAnswer "platform", network/LinkStatus (all) ─┐
    runtime/MetaKey 0x0a, of the platform `metal`               ─┴─► network/PlatformConfig "active"

A link that is not there yet is left out until it comes.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface, ip_network
from typing import Annotated

import msgspec
from msgspec import Struct

from ichor.controllers.network.link_parts import PLAIN_BOND
from ichor.controllers.network.platform_links import links, names_of
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.errors import InputError
from ichor.formats.platform import Answer, Instance, Link, Route
from ichor.formats.yaml.values import Value, load
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import DEFAULT_ROUTE_METRIC, PLATFORM_CONFIG_ACTIVE_ID
from ichor.resources.network.kinds import Family, Layer, OperatorKind, RouteType, Scope
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, DHCP6Operator, OperatorSpec
from ichor.resources.network.platform import PlatformConfig
from ichor.resources.network.resolver import NameServer, ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.runtime.ids import PLATFORM_ANSWER_ID
from ichor.resources.runtime.meta import MetaKey
from ichor.resources.runtime.platform import PlatformAnswer, PlatformMetadata

METAL = "metal"
_META = "0x0a"  # facts/meta_keys.tsv: MetalNetworkPlatformConfig
_LAYER = Layer.PLATFORM


class Inputs(Struct, frozen=True, kw_only=True):
    said: Annotated[PlatformAnswer, Get("runtime", PLATFORM_ANSWER_ID)]
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    meta: Annotated[MetaKey | None, Get("runtime", _META)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, PlatformConfig]]:
    answer, platform = inputs.said.value, inputs.said.platform
    if platform == METAL and inputs.meta is not None:
        yield PLATFORM_CONFIG_ACTIVE_ID, written(inputs.meta.value)
        return
    names = names_of(answer.network.links, inputs.links)
    found = [(names[link.id], link) for link in answer.network.links if link.id in names]
    yield (
        PLATFORM_CONFIG_ACTIVE_ID,
        PlatformConfig(
            addresses=tuple(one for name, link in found for one in addresses(name, link)),
            links=tuple(made for name, link in found for made in links(name, link, names)),
            routes=tuple(made for name, link in found for made in routes(name, link)),
            hostnames=tuple(hostnames(answer.instance)),
            resolvers=tuple(resolvers(answer)),
            operators=tuple(one for name, link in found for one in operators(name, link)),
            external_ips=answer.instance.external,
            metadata=metadata(platform, answer.instance),
        ),
    )


def written(text: str) -> PlatformConfig:
    """Read what somebody wrote to META. Raises InputError."""
    documents = load(text, file=f"META {_META}")
    try:
        made = msgspec.convert(over_plain_bonds(documents[0] if documents else {}), PlatformConfig)
    except msgspec.ValidationError as err:
        raise InputError(str(err), path=f"META {_META}") from None
    return msgspec.structs.replace(made, metadata=PlatformMetadata(platform=METAL))


def over_plain_bonds(document: Value) -> Value:
    """Say of bonds, too, what is left out: as the driver has it by itself."""
    if not isinstance(document, dict) or not isinstance(links := document.get("links"), list):
        return document
    return {**document, "links": [over_plain_bond(link) for link in links]}


def over_plain_bond(link: Value) -> Value:
    if not isinstance(link, dict) or not isinstance(told := link.get("bondMaster"), dict):
        return link
    plain: dict[str, Value] = msgspec.to_builtins(PLAIN_BOND)
    return {**link, "bondMaster": {**plain, **told}}


def family(text: str) -> Family:
    return Family.INET6 if ":" in text else Family.INET4


def addresses(name: str, link: Link) -> Iterator[AddressSpec]:
    for text in link.addresses:
        yield AddressSpec(
            address=text,
            link_name=name,
            family=family(text),
            scope=Scope.LINK if ip_interface(text).ip.is_link_local else Scope.GLOBAL,
            layer=_LAYER,
        )


def routes(name: str, link: Link) -> Iterator[RouteSpec]:
    """Yield its routes, and those to gateways that no prefix covers."""
    gateways = dict.fromkeys(one.gateway for one in link.routes if one.onlink and one.gateway)
    for gateway in gateways:
        yield route(name, Route(destination=str(ip_network(gateway))))
    for one in link.routes:
        yield route(name, one)


def route(name: str, given: Route) -> RouteSpec:
    return RouteSpec(
        family=family(given.gateway or given.destination),
        dst=given.destination,
        gateway=given.gateway,
        out_link_name=name,
        table="main",
        priority=given.metric or DEFAULT_ROUTE_METRIC,
        type=RouteType.UNICAST,
        protocol="static",
        layer=_LAYER,
    )


def hostnames(instance: Instance) -> Iterator[HostnameSpec]:
    host, _, domain = instance.hostname.partition(".")
    if host:
        yield HostnameSpec(hostname=host, domainname=domain, layer=_LAYER)


def resolvers(answer: Answer) -> Iterator[ResolverSpec]:
    servers, domains = answer.network.name_servers, answer.network.search_domains
    if servers or domains:
        yield ResolverSpec(
            dns_servers=servers,
            name_servers=tuple(NameServer(addr=one) for one in servers),
            search_domains=domains,
            layer=_LAYER,
        )


def operators(name: str, link: Link) -> Iterator[OperatorSpec]:
    metric = DEFAULT_ROUTE_METRIC
    if link.dhcp4:
        yield OperatorSpec(
            operator=OperatorKind.DHCP4,
            link_name=name,
            require_up=True,
            dhcp4=DHCP4Operator(route_metric=metric),
            layer=_LAYER,
        )
    if link.dhcp6:
        yield OperatorSpec(
            operator=OperatorKind.DHCP6,
            link_name=name,
            require_up=True,
            dhcp6=DHCP6Operator(route_metric=metric),
            layer=_LAYER,
        )


def metadata(platform: str, instance: Instance) -> PlatformMetadata:
    return PlatformMetadata(
        platform=platform,
        hostname=instance.hostname,
        region=instance.region,
        zone=instance.zone,
        instance_type=instance.type,
        instance_id=instance.id,
        provider_id=instance.provider_id,
        spot=instance.spot,
        internal_dns=instance.internal_dns,
        external_dns=instance.external_dns,
        tags=instance.tags,
    )


platform_config = Transform(
    name="network.PlatformConfig",
    inputs=Inputs,
    outputs=[Out(PlatformConfig)],
    reconcile=reconcile,
)
