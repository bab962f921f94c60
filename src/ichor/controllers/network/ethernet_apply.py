"""EthernetApply: cards are told what the configuration tells them; all say what they have.

    network/EthernetSpec (all), what the cards have ─► plan ─► SetFeatures, SetRings, SetChannels,
                                                               SetWake
                                                   ─► network/EthernetStatus

Only what differs is told, for some drivers stop the link for it. What a card cannot be is a failure
that names it, and holds up none of the rest.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import asdict, replace

from ichor.cosi.controller import Actuator, All, Out
from ichor.ports.ethernet import (
    Action,
    Cards,
    Ethernet,
    SetChannels,
    SetFeatures,
    SetRings,
    SetWake,
)
from ichor.resources.network.ethernet import EthernetChannels, EthernetRings, EthernetSpec
from ichor.resources.network.ethernet_status import EthernetFeatureStatus, EthernetStatus


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, EthernetSpec], All("network")] = {}


def plan(inputs: Inputs, cards: Cards) -> Iterator[Action]:
    for link, wanted in inputs.wanted.items():
        if link in cards:
            yield from told(link, wanted, cards[link])


def told(link: str, wanted: EthernetSpec, card: EthernetStatus) -> Iterator[Action]:
    asked = {one.name: is_asked_for(one) for one in card.features}
    features = {name: on for name, on in wanted.features.items() if asked.get(name) != on}
    if features:
        yield SetFeatures(link=link, features=features)
    rings = differing(wanted.rings, card.rings)
    if rings:
        yield SetRings(link=link, rings=replace(EthernetRings(), **rings))
    channels = differing(wanted.channels, card.channels)
    if channels:
        yield SetChannels(link=link, channels=replace(EthernetChannels(), **channels))
    if wanted.wake_on_lan and {*wanted.wake_on_lan} != {*card.wake_on_lan}:
        yield SetWake(link=link, modes=wanted.wake_on_lan)


def is_asked_for(feature: EthernetFeatureStatus) -> bool:
    """Say what was asked of it last: some are asked for and do not work, as without a carrier."""
    word, _, rest = feature.status.partition(" [requested ")
    return (rest.removesuffix("]") or word.partition(" ")[0]) == "on"


def differing(wanted: Struct | None, held: Struct | None) -> dict[str, int]:
    """Give what is said and is not so."""
    values: dict[str, int] = asdict(wanted) if wanted is not None else {}
    return {
        name: value for name, value in values.items() if value and value != getattr(held, name, 0)
    }


def report(inputs: Inputs, cards: Cards) -> Iterator[tuple[str, EthernetStatus]]:
    yield from cards.items()


def ethernet_apply(port: Ethernet) -> Actuator[Inputs, Cards, Action]:
    return Actuator(
        name="network.EthernetApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(EthernetStatus)],
        report=report,
        apart=True,
    )
