"""Cards through ethtool's family of generic netlink."""

import errno
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import closing
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from ichor.linux.netlink import NETLINK_GENERIC, Socket, notices
from ichor.ports.ethernet import Action, Cards, SetChannels, SetFeatures, SetRings, SetWake
from ichor.protocols.netlink import ethtool, generic, link
from ichor.resources.network.ethernet_status import (
    EthernetChannelsStatus,
    EthernetFeatureStatus,
    EthernetRingsStatus,
    EthernetStatus,
)
from ichor.resources.network.link_kinds import Duplex, Port, WOLMode

_UNKNOWN_SPEED: Final = 0xFFFFFFFF
_ON: Final = 2  # of tcp_data_split; 0 is unknown, 1 off
_NONE: Final = (errno.EOPNOTSUPP, errno.ENODEV)
T = TypeVar("T")


class KernelEthernet:
    """kinds: of links that are looked at; what has none is hardware."""

    def __init__(self, kinds: Collection[str] = ("",)) -> None:
        self._kinds = kinds

    def observe(self) -> Cards:
        with closing(Socket()) as route, closing(Socket(NETLINK_GENERIC)) as sock:
            rows = route.dump(link.GET, link.build(link.Link()))
            seen = [link.parse(row.payload) for row in rows]
            names = [one.name for one in seen if self._is_looked_at(one)]
            family = _family(sock) if names else 0
            return {name: _card(_Asked(sock, family, name)) for name in names}

    def _is_looked_at(self, seen: link.Link) -> bool:
        return seen.hardware == link.ETHERNET and seen.kind in self._kinds

    def apply(self, action: Action) -> None:
        with closing(Socket(NETLINK_GENERIC)) as sock:
            sock.request(_family(sock), _told(action))

    def wakes(self) -> AsyncIterator[None]:
        return notices((link.GROUP,))


def _family(sock: Socket) -> int:
    (answer,) = sock.ask(generic.CONTROL, generic.family_request(ethtool.FAMILY))
    return generic.family(answer.payload).id


class _Asked:
    """A card that is asked; what it knows nothing of is b"", as what is gone."""

    def __init__(self, sock: Socket, family: int, name: str) -> None:
        self._sock, self._family, self._name = sock, family, name

    def __call__(self, what: int) -> bytes:
        try:
            answers = self._sock.ask(self._family, ethtool.get(what, self._name))
        except OSError as error:
            if error.errno not in _NONE:
                raise
            return b""
        return answers[0].payload if answers else b""


def _card(asked: Callable[[int], bytes]) -> EthernetStatus:
    info, modes, state = (
        asked(what) for what in (ethtool.LINK_INFO, ethtool.LINK_MODES, ethtool.LINK_STATE)
    )
    speed = _of(modes, lambda raw: ethtool.value(raw, ethtool.SPEED), 0)
    duplex = _of(modes, lambda raw: ethtool.value(raw, ethtool.DUPLEX), Duplex.UNKNOWN.number)
    port = _of(info, lambda raw: ethtool.value(raw, ethtool.PORT), Port.OTHER.number)
    return EthernetStatus(
        link_state=bool(_of(state, lambda raw: ethtool.value(raw, ethtool.LINK), 0)),
        speed_mbit=0 if speed == _UNKNOWN_SPEED else speed,
        port=next((one for one in Port if one.number == port), Port.OTHER),
        duplex=next((one for one in Duplex if one.number == duplex), Duplex.UNKNOWN),
        our_modes=_names(modes, ethtool.OURS),
        peer_modes=_names(modes, ethtool.PEER),
        rings=_rings(asked(ethtool.RINGS)),
        features=_features(asked(ethtool.FEATURES)),
        channels=_channels(asked(ethtool.CHANNELS)),
        wake_on_lan=_wake(asked(ethtool.WAKE)),
    )


def _of(raw: bytes, read: Callable[[bytes], T], default: T) -> T:
    return read(raw) if raw else default


def _names(raw: bytes, type_: int) -> tuple[str, ...]:
    return tuple(one.name for one in ethtool.bits(raw, type_) if one.is_set) if raw else ()


def _rings(raw: bytes) -> EthernetRingsStatus | None:
    if not raw:
        return None
    found: dict[str, int] = ethtool.numbers(raw, ethtool.RING_FIELDS)
    is_split = found.pop("tcp_data_split", 0) == _ON
    pushes = {name: bool(found.pop(name, 0)) for name in ("tx_push", "rx_push")}
    return replace(EthernetRingsStatus(), **found, **pushes, tcp_data_split=is_split)


def _channels(raw: bytes) -> EthernetChannelsStatus | None:
    if not raw:
        return None
    return replace(EthernetChannelsStatus(), **ethtool.numbers(raw, ethtool.CHANNEL_FIELDS))


def _wake(raw: bytes) -> tuple[WOLMode, ...]:
    held = {one.place for one in ethtool.bits(raw, ethtool.WAKE_MODES) if one.is_set} if raw else ()
    return tuple(mode for mode in WOLMode if mode.number.bit_length() - 1 in held)


def _features(raw: bytes) -> tuple[EthernetFeatureStatus, ...]:
    if not raw:
        return ()
    sets = {
        type_: {one.name for one in ethtool.bits(raw, type_) if one.is_set}
        for type_ in (ethtool.HAS, ethtool.WANTED, ethtool.ACTIVE, ethtool.FIXED)
    }
    known = ethtool.bits(raw, ethtool.HAS)  # lists all there are, and places that are free
    return tuple(
        EthernetFeatureStatus(name=one.name, status=_status(one.name, sets))
        for one in known
        if one.name
    )


def _status(name: str, sets: Mapping[int, Collection[str]]) -> str:
    active = name in sets[ethtool.ACTIVE]
    shown = "on" if active else "off"
    if name not in sets[ethtool.HAS] or name in sets[ethtool.FIXED]:
        return f"{shown} [fixed]"
    wanted = name in sets[ethtool.WANTED]
    return shown if wanted == active else f"{shown} [requested {'on' if wanted else 'off'}]"


def _told(action: Action) -> bytes:
    match action:
        case SetFeatures(link=name, features=features):
            return ethtool.set_bits(ethtool.FEATURES, name, ethtool.WANTED, features)
        case SetRings(link=name, rings=rings):
            told = _given(rings)
            if rings.tcp_data_split:
                told["tcp_data_split"] = _ON
            return ethtool.set_numbers(ethtool.RINGS, name, told, ethtool.RING_FIELDS)
        case SetChannels(link=name, channels=channels):
            told = _given(channels)
            return ethtool.set_numbers(ethtool.CHANNELS, name, told, ethtool.CHANNEL_FIELDS)
        case SetWake(link=name, modes=modes):
            return ethtool.set_wake(name, sum(mode.number for mode in modes))


def _given(part: Struct) -> dict[str, int]:
    values: dict[str, int] = asdict(part)
    return {name: int(value) for name, value in values.items() if value}
