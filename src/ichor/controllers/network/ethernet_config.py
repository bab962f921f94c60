"""EthernetConfig: what the configuration tells the cards of links.

network/ActiveConfig ─► network/EthernetSpec "<link>"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct
from msgspec.structs import asdict, replace

from ichor.config.documents.ethernet import EthernetConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ethernet import EthernetChannels, EthernetRings, EthernetSpec
from ichor.resources.network.link_kinds import WOLMode


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EthernetSpec]]:
    given = inputs.config.value.named(EthernetConfig) if inputs.config else {}
    for name, document in given.items():
        yield name, ethernet_spec(document)


def ethernet_spec(document: EthernetConfig) -> EthernetSpec:
    rings, channels = said(document.rings), said(document.channels)
    return EthernetSpec(
        rings=replace(EthernetRings(), **rings) if rings else None,
        features=dict(document.features),
        channels=replace(EthernetChannels(), **channels) if channels else None,
        wake_on_lan=tuple(mode for mode in WOLMode if mode.value in document.wake_on_lan),
    )


def said(part: Struct) -> dict[str, int]:
    values: dict[str, int | None] = asdict(part)
    return {name: value for name, value in values.items() if value is not None}


ethernet_config = Transform(
    name="network.EthernetConfig",
    inputs=Inputs,
    outputs=[Out(EthernetSpec)],
    reconcile=reconcile,
)
