"""PlatformConfigApply: the platform's part becomes offers of its layer.

network/PlatformConfig "active" ─► network-config/LinkSpec, AddressSpec, RouteSpec,
OperatorSpec, HostnameSpec, ResolverSpec, TimeServerSpec
─► runtime/PlatformMetadata
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.controllers.network.operator import name_of
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.cosi.resource import Spec
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, PLATFORM_CONFIG_ACTIVE_ID
from ichor.resources.network.kinds import Layer
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.platform import PlatformConfig
from ichor.resources.network.resolver import ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.time_server import TimeServerSpec
from ichor.resources.runtime.ids import PLATFORM_METADATA_ID
from ichor.resources.runtime.platform import PlatformMetadata


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[PlatformConfig, Get("network", PLATFORM_CONFIG_ACTIVE_ID)]


def reconcile(inputs: Inputs) -> Iterator[Output]:
    config, layer = inputs.config, Layer.PLATFORM
    for link in config.links:
        yield offer(link.name, replace(link, layer=layer))
    for operator in config.operators:
        yield offer(name_of(operator), replace(operator, layer=layer))
    for address in config.addresses:
        yield offer(f"{address.link_name}/{address.address}", replace(address, layer=layer))
    for route in config.routes:
        where = f"{route.out_link_name}/{route.gateway}/{route.dst}/{route.priority}"
        yield offer(where, replace(route, layer=layer))
    for hostname in config.hostnames[:1]:
        yield offer("hostname", replace(hostname, layer=layer))
    for resolver in config.resolvers[:1]:
        yield offer("resolvers", replace(resolver, layer=layer))
    for servers in config.time_servers[:1]:
        yield offer("timeservers", replace(servers, layer=layer))
    if config.metadata is not None:
        yield Output(id=PLATFORM_METADATA_ID, spec=config.metadata)


def offer(id: str, spec: Spec) -> Output:
    return Output(id=f"platform/{id}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


platform_config_apply = Transform(
    name="network.PlatformConfigApply",
    inputs=Inputs,
    outputs=[
        Out(LinkSpec, CONFIG_NAMESPACE_NAME),
        Out(OperatorSpec, CONFIG_NAMESPACE_NAME),
        Out(AddressSpec, CONFIG_NAMESPACE_NAME),
        Out(RouteSpec, CONFIG_NAMESPACE_NAME),
        Out(HostnameSpec, CONFIG_NAMESPACE_NAME),
        Out(ResolverSpec, CONFIG_NAMESPACE_NAME),
        Out(TimeServerSpec, CONFIG_NAMESPACE_NAME),
        Out(PlatformMetadata),
    ],
    reconcile=reconcile,
)
