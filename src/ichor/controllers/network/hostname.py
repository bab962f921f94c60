"""Hostname: choose one name from the layers that offer one.

    network-config/HostnameSpec (all) ─► highest layer, smallest id ─► network/HostnameSpec

Within a layer the id decides, so the choice does not depend on the order of arrival.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.offers import rank
from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, HOSTNAME_ID


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[HostnameSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, HostnameSpec]]:
    if inputs.offers:
        best = min(inputs.offers, key=rank)
        yield HOSTNAME_ID, best.spec


hostname = Transform(
    name="network.Hostname", inputs=Inputs, outputs=[Out(HostnameSpec)], reconcile=reconcile
)
