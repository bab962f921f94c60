"""Rule: rules that choose a routing table, one offer for each.

network-config/RoutingRuleSpec (all) ─► highest layer, smallest id ─► network/RoutingRuleSpec
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.offers import best
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.routing_rule import RoutingRuleSpec


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[RoutingRuleSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, RoutingRuleSpec]]:
    yield from best(inputs.offers, name_of)


def name_of(rule: RoutingRuleSpec) -> str:
    return f"{rule.family.value}/{rule.priority:05d}"


rule = Transform(
    name="network.RoutingRule", inputs=Inputs, outputs=[Out(RoutingRuleSpec)], reconcile=reconcile
)
