"""Operator: who asks for what on a link, one offer for each.

network-config/OperatorSpec (all) ─► highest layer, smallest id ─► network/OperatorSpec
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.offers import best
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.operator import OperatorSpec


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[OperatorSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, OperatorSpec]]:
    yield from best(inputs.offers, name_of)


def name_of(operator: OperatorSpec) -> str:
    """Name it by its kind and its link, of which several addresses may be shared."""
    name = f"{operator.operator.value}/{operator.link_name}"
    return f"{name}/{operator.vip.ip}" if operator.vip is not None else name


operators = Transform(
    name="network.Operator", inputs=Inputs, outputs=[Out(OperatorSpec)], reconcile=reconcile
)
