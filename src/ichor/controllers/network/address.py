"""Address: addresses of links, one offer for each.

network-config/AddressSpec (all) ─► highest layer, smallest id ─► network/AddressSpec
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[AddressSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, AddressSpec]]:
    best: dict[str, AddressSpec] = {}
    for offer in sorted(inputs.offers, key=lambda offer: (-offer.spec.layer.number, offer.id)):
        best.setdefault(f"{offer.spec.link_name}/{offer.spec.address}", offer.spec)
    yield from sorted(best.items())


address = Transform(
    name="network.Address", inputs=Inputs, outputs=[Out(AddressSpec)], reconcile=reconcile
)
