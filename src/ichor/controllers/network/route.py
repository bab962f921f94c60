"""Route: routes of the node, one offer for each.

network-config/RouteSpec (all) ─► highest layer, smallest id ─► network/RouteSpec
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.offers import best
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.route import RouteSpec


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[RouteSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, RouteSpec]]:
    yield from best(inputs.offers, name_of)


def name_of(route: RouteSpec) -> str:
    """Name a route by what the kernel tells routes apart by, and its link."""
    table = () if route.table in ("", "unspec", "main") else (route.table,)
    parts = (*table, route.out_link_name, route.family.value, route.gateway, route.dst)
    return "/".join((*parts, str(route.priority)))


route = Transform(
    name="network.Route", inputs=Inputs, outputs=[Out(RouteSpec)], reconcile=reconcile
)
