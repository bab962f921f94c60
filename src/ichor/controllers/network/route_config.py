"""RouteConfig: routes that the configuration offers.

network/ActiveConfig ─► network-config/RouteSpec "configuration/<table>/<name of the route>"
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.link import LinkDocument, LinkRoute, VethConfig
from ichor.config.documents.routing import BlackholeRouteConfig
from ichor.controllers.network.link_config import links
from ichor.controllers.network.route import name_of
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, DEFAULT_ROUTE_METRIC
from ichor.resources.network.kinds import Family, Layer, RouteType, Scope
from ichor.resources.network.route import RouteSpec


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    if inputs.config is None:
        return
    for document in links(inputs.config.value):
        yield from routes(document)
        if isinstance(document, VethConfig):
            yield from routes(document.peer)
    for blackhole in inputs.config.value.named(BlackholeRouteConfig).values():
        yield offer(blackhole_spec(blackhole))


def routes(document: LinkDocument) -> Iterator[Output]:
    for one in document.routes:
        yield offer(route_spec(document.name, one))


def offer(spec: RouteSpec) -> Output:
    id = f"configuration/{spec.table}/{name_of(spec)}"
    return Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def route_spec(link: str, given: LinkRoute) -> RouteSpec:
    gateway = str(ip_address(given.gateway)) if given.gateway else ""
    destination = network(given.destination)
    return RouteSpec(
        family=family(given.destination or gateway),
        dst=destination,
        src=str(ip_address(given.source)) if given.source else "",
        gateway=gateway,
        out_link_name=link,
        table=given.table or "main",
        priority=DEFAULT_ROUTE_METRIC if given.metric is None else given.metric,
        scope=Scope.GLOBAL if gateway else Scope.LINK,
        type=RouteType.UNICAST,
        protocol="static",
        mtu=given.mtu or 0,
        layer=Layer.CONFIGURATION,
    )


def blackhole_spec(given: BlackholeRouteConfig) -> RouteSpec:
    return RouteSpec(
        family=family(given.name),
        dst=network(given.name),
        table="main",
        priority=DEFAULT_ROUTE_METRIC if given.metric is None else given.metric,
        type=RouteType.BLACKHOLE,
        protocol="static",
        layer=Layer.CONFIGURATION,
    )


def family(text: str) -> Family:
    return Family.INET6 if ":" in text else Family.INET4


def network(text: str | None) -> str:
    """Give a destination as the kernel has it: everywhere is none."""
    found = ip_network(text, strict=False) if text else None
    return str(found) if found is not None and found.prefixlen else ""


route_config = Transform(
    name="network.RouteConfig",
    inputs=Inputs,
    outputs=[Out(RouteSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
