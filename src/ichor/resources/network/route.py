"""Routes: wanted and present."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import (
    Address,
    OmitEmpty,
    Part,
    Prefix,
    RouteFlags,
    RouteProtocol,
    RoutingTable,
)
from ichor.resources.network.kinds import Family, Layer, RouteType, Scope


class RouteNextHop(Part, frozen=True, kw_only=True, rename="camel"):
    gateway: Address = ""
    out_link_name: OmitEmpty[str] = ""
    weight: OmitEmpty[int] = 0


class RouteSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="RouteSpecs.net.talos.dev",
        namespace="network",
        aliases=("routespec", "rs"),
    )
    family: Family = Family.INET4
    dst: Prefix = ""
    src: Address = ""
    gateway: Address = ""
    out_link_name: OmitEmpty[str] = ""
    table: RoutingTable = "unspec"
    priority: OmitEmpty[int] = 0
    scope: Scope = Scope.GLOBAL
    type: RouteType = RouteType.UNSPEC
    flags: RouteFlags = ""
    protocol: RouteProtocol = "unspec"
    layer: Layer = Layer.DEFAULT
    mtu: OmitEmpty[int] = 0
    next_hops: OmitEmpty[tuple[RouteNextHop, ...]] = ()


class RouteStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="RouteStatuses.net.talos.dev",
        namespace="network",
        aliases=("route", "routes", "routestatus", "rs"),
        columns={
            "Destination": "{.dst}",
            "Gateway": "{.gateway}",
            "Link": "{.outLinkName}",
            "Metric": "{.priority}",
        },
    )
    family: Family = Family.INET4
    dst: Prefix = ""
    src: Address = ""
    gateway: Address = ""
    out_link_index: OmitEmpty[int] = 0
    out_link_name: OmitEmpty[str] = ""
    table: RoutingTable = "unspec"
    priority: int = 0
    scope: Scope = Scope.GLOBAL
    type: RouteType = RouteType.UNSPEC
    flags: RouteFlags = ""
    protocol: RouteProtocol = "unspec"
    mtu: OmitEmpty[int] = 0
    next_hops: OmitEmpty[tuple[RouteNextHop, ...]] = ()
