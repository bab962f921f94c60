"""LinkApply: links are up that should be.

network/LinkSpec (all), what the kernel has ─► plan ─► SetLink
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Network, Networks, SetLink
from ichor.resources.network.link import LinkSpec


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, LinkSpec], All("network")] = {}


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    for link in network.links:
        wanted = inputs.wanted.get(link.name)
        if wanted is not None and wanted.up != link.up:
            yield SetLink(name=link.name, up=wanted.up)


def link_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.LinkApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
    )
