"""LinkAliasApply: devices bear their aliases, for people and programs to see.

network/LinkAliasSpec (all), what the kernel has ─► plan ─► SetLink

Of Ethernet devices alone others are taken away: WireGuard's says which wish it was told.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Network, Networks, SetLink
from ichor.resources.network.link_alias import LinkAliasSpec

_NONE = LinkAliasSpec()


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, LinkAliasSpec], All("network")] = {}


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    for link in network.links:
        wanted = inputs.wanted.get(link.name, _NONE).alias
        if link.physical and link.alias != wanted:
            yield SetLink(name=link.name, alias=wanted)


def link_alias_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.LinkAliasApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        apart=True,
    )
