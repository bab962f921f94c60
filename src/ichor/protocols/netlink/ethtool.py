"""ethtool's family of generic netlink: what a card has and is told.

include/uapi/linux/ethtool_netlink.h. A request names its device; sets of bits are asked for and
told by the names of their bits, in the form that lists them (networking/ethtool-netlink.rst).
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ichor.protocols.netlink import generic
from ichor.protocols.netlink.message import (
    attribute,
    attributes,
    listed,
    nested,
    number,
    string,
    text,
    u8,
    u32,
)

FAMILY: Final = "ethtool"
LINK_INFO, LINK_MODES, LINK_STATE, WAKE, FEATURES, RINGS, CHANNELS = 2, 4, 6, 9, 11, 15, 17
PORT, OURS, PEER, SPEED, DUPLEX, LINK, WAKE_MODES = 2, 3, 4, 5, 6, 2, 2
HAS, WANTED, ACTIVE, FIXED = 2, 3, 4, 5
_VERSION: Final = 1
_HEADER, _DEVICE_NAME = 1, 2
_NO_MASK, _BITS, _BIT = 1, 3, 1
_BIT_INDEX, _BIT_NAME, _BIT_VALUE = 1, 2, 3
# field: attribute, octets
RING_FIELDS: Final[Mapping[str, tuple[int, int]]] = {
    "rx_max": (2, 4),
    "rx_mini_max": (3, 4),
    "rx_jumbo_max": (4, 4),
    "tx_max": (5, 4),
    "rx": (6, 4),
    "rx_mini": (7, 4),
    "rx_jumbo": (8, 4),
    "tx": (9, 4),
    "rx_buf_len": (10, 4),
    "tcp_data_split": (11, 1),
    "cqe_size": (12, 4),
    "tx_push": (13, 1),
    "rx_push": (14, 1),
    "tx_push_buf_len": (15, 4),
    "tx_push_buf_len_max": (16, 4),
}
CHANNEL_FIELDS: Final[Mapping[str, tuple[int, int]]] = {
    "rx_max": (2, 4),
    "tx_max": (3, 4),
    "other_max": (4, 4),
    "combined_max": (5, 4),
    "rx": (6, 4),
    "tx": (7, 4),
    "other": (8, 4),
    "combined": (9, 4),
}
Fields = Mapping[str, tuple[int, int]]


class Bit(NamedTuple):
    place: int
    name: str
    is_set: bool


def get(what: int, device: str) -> bytes:
    """Give the payload that asks for one of the above."""
    return generic.build(what, _VERSION, _header(device))


def set_numbers(what: int, device: str, values: Mapping[str, int], fields: Fields) -> bytes:
    """Give the payload that tells numbers; those left out stay."""
    pack = {1: u8, 4: u32}
    told = sorted((*fields[name], value) for name, value in values.items())
    rows = (attribute(type_, pack[octets](value)) for type_, octets, value in told)
    return generic.build(what + 1, _VERSION, _header(device), *rows)


def set_bits(what: int, device: str, type_: int, values: Mapping[str, bool]) -> bytes:
    """Give the payload that sets and clears bits by name; those left out stay."""
    return _bits(what, device, type_, (_bit(name, values[name]) for name in sorted(values)))


def set_wake(device: str, bits: int) -> bytes:
    """Give the payload that has a card wake up on these and nothing else."""
    indices = (place for place in range(bits.bit_length()) if bits >> place & 1)
    rows = (
        nested(_BIT, attribute(_BIT_INDEX, u32(one)), attribute(_BIT_VALUE, b"")) for one in indices
    )
    return _bits(WAKE, device, WAKE_MODES, rows, attribute(_NO_MASK, b""))


def _bits(what: int, device: str, type_: int, rows: Iterator[bytes], *flags: bytes) -> bytes:
    told = nested(type_, *flags, nested(_BITS, *rows))
    return generic.build(what + 1, _VERSION, _header(device), told)


def _bit(name: str, is_set: bool) -> bytes:
    value = (attribute(_BIT_VALUE, b""),) if is_set else ()
    return nested(_BIT, attribute(_BIT_NAME, string(name)), *value)


def _header(device: str) -> bytes:
    return nested(_HEADER, attribute(_DEVICE_NAME, string(device)))


def numbers(payload: bytes, fields: Fields) -> dict[str, int]:
    """Give what an answer tells of these. Raises FormatError."""
    found = attributes(generic.body(payload))
    return {name: number(found[type_]) for name, (type_, _) in fields.items() if type_ in found}


def value(payload: bytes, type_: int) -> int:
    """Give a number of an answer, 0 where it has none. Raises FormatError."""
    return number(attributes(generic.body(payload)).get(type_, b""))


def bits(payload: bytes, type_: int) -> tuple[Bit, ...]:
    """Give the bits that a set of an answer lists. Raises FormatError."""
    found = attributes(attributes(generic.body(payload)).get(type_, b""))
    rows = (attributes(row) for _, row in listed(found.get(_BITS, b"")))
    all_set = _NO_MASK in found
    return tuple(
        Bit(
            number(row.get(_BIT_INDEX, b"")),
            text(row.get(_BIT_NAME, b"")),
            all_set or _BIT_VALUE in row,
        )
        for row in rows
    )
