"""What a card is told it has; whether it can, only its driver knows."""

from msgspec import Struct
from msgspec.structs import asdict, replace

from ichor.ports.ethernet import Action, Cards, SetChannels, SetFeatures, SetRings, SetWake
from ichor.resources.network.ethernet_status import (
    EthernetChannelsStatus,
    EthernetFeatureStatus,
    EthernetRingsStatus,
    EthernetStatus,
)


def model(cards: Cards, action: Action) -> Cards:
    if action.link not in cards:
        raise OSError(19, "No such device", action.link)
    return {**cards, action.link: _told(cards[action.link], action)}


def _told(card: EthernetStatus, action: Action) -> EthernetStatus:
    match action:
        case SetFeatures(features=features):
            others = (one for one in card.features if one.name not in features)
            told = (
                EthernetFeatureStatus(name=name, status="on" if is_on else "off")
                for name, is_on in features.items()
            )
            return replace(card, features=(*others, *told))
        case SetRings(rings=rings):
            return replace(card, rings=replace(card.rings or EthernetRingsStatus(), **_said(rings)))
        case SetChannels(channels=channels):
            held = card.channels or EthernetChannelsStatus()
            return replace(card, channels=replace(held, **_said(channels)))
        case SetWake(modes=modes):
            return replace(card, wake_on_lan=modes)


def _said(part: Struct) -> dict[str, int | bool]:
    values: dict[str, int | bool] = asdict(part)
    return {name: value for name, value in values.items() if value}
