"""Link: links of the node, what the layers say of each joined.

    network-config/LinkSpec (all) ─► join, the highest layer last ─► network/LinkSpec

A higher layer says what it has to say and leaves the rest: the MTU of a lease holds for a link that
the configuration gives an address. What is said by leaving it out (`up`, whether it is a link to be
made) is the highest layer's.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import Annotated

from msgspec import Struct
from msgspec.structs import fields, replace

from ichor.controllers.network.offers import rank
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.link import LinkSpec

_OF_HIGHEST = frozenset({"up", "layer"})


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[LinkSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, LinkSpec]]:
    def name(offer: Resource[LinkSpec]) -> str:
        return offer.spec.name

    for which, offers in groupby(sorted(inputs.offers, key=name), key=name):
        lowest_first = sorted(offers, key=rank, reverse=True)
        yield which, reduce(join, (offer.spec for offer in lowest_first))


def join(low: LinkSpec, high: LinkSpec) -> LinkSpec:
    """Lay one layer over another: what it does not say is the other's."""
    said = {
        one.name: getattr(high, one.name)
        for one in fields(LinkSpec)
        if one.name in _OF_HIGHEST or getattr(high, one.name) != one.default
    }
    return replace(low, **said)


link = Transform(name="network.Link", inputs=Inputs, outputs=[Out(LinkSpec)], reconcile=reconcile)
