"""NTP messages (RFC 5905, 7.3): 48 octets, big-endian.

    leap:2 version:3 mode:3 | stratum | poll | precision | root delay | root dispersion | reference
    id | reference time | origin time | receive time | transmit time

Times are seconds since 1900 in 32.32 bits; they are read within half an era (68 years) of ours.
"""

import struct
from typing import Final, NamedTuple

from ichor.errors import FormatError

PORT: Final = 123
CLIENT, SERVER = 3, 4
UNSYNCHRONIZED: Final = 3
_VERSION: Final = 4
_HEAD: Final = struct.Struct("!BBbbIIIQQQQ")
_UNIX: Final = 2_208_988_800  # from 1900 to 1970
_ERA: Final = 1 << 32
_FRACTION: Final = float(1 << 32)
_SHORT: Final = float(1 << 16)


class Packet(NamedTuple):
    """delay, dispersion: seconds to the root. Times are raw: 64 bits, 0 for none."""

    leap: int = 0
    version: int = _VERSION
    mode: int = CLIENT
    stratum: int = 0
    poll: int = 0
    precision: int = 0
    delay: float = 0.0
    dispersion: float = 0.0
    reference: int = 0
    updated: int = 0
    origin: int = 0
    received: int = 0
    transmitted: int = 0


def build(packet: Packet) -> bytes:
    return _HEAD.pack(
        packet.leap << 6 | packet.version << 3 | packet.mode,
        packet.stratum,
        packet.poll,
        packet.precision,
        round(packet.delay * _SHORT),
        round(packet.dispersion * _SHORT),
        packet.reference,
        packet.updated,
        packet.origin,
        packet.received,
        packet.transmitted,
    )


def parse(data: bytes) -> Packet:
    """Read a message; what stands behind its head is passed over. Raises FormatError."""
    if len(data) < _HEAD.size:
        raise FormatError(f"a message of at least {_HEAD.size} bytes, not {len(data)}")
    first, stratum, poll, precision, delay, dispersion, *rest = _HEAD.unpack_from(data)
    return Packet(
        first >> 6,
        first >> 3 & 7,
        first & 7,
        stratum,
        poll,
        precision,
        delay / _SHORT,
        dispersion / _SHORT,
        *rest,
    )


def stamp(seconds: float) -> int:
    """Give the raw form of a time in seconds since 1970."""
    return round((seconds + _UNIX) * _FRACTION) & (1 << 64) - 1


def seconds(raw: int, near: float) -> float:
    """Give a raw time in seconds since 1970, in the era that is nearest to another such time."""
    found = raw / _FRACTION - _UNIX
    return found + round((near - found) / _ERA) * _ERA


def kiss(packet: Packet) -> str:
    """Give the word with which a server sends a client away (RFC 5905, 7.4); empty for none."""
    if packet.stratum:
        return ""
    raw = packet.reference.to_bytes(4, "big")
    return raw.decode("ascii", "replace").rstrip("\0") or "nothing"
