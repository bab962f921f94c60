"""Address: addresses of links, one offer for each.

network-config/AddressSpec (all) ─► highest layer, smallest id ─► network/AddressSpec
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.offers import best
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[AddressSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, AddressSpec]]:
    yield from best(inputs.offers, lambda one: f"{one.link_name}/{one.address}")


address = Transform(
    name="network.Address", inputs=Inputs, outputs=[Out(AddressSpec)], reconcile=reconcile
)
