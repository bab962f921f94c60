"""DHCPv6 messages (RFC 8415, 8 and 21; RFC 3646, 4075, 5908).

u8 type, u24 transaction, options: u16 code, u16 length, value ... Options stand within others, too.
"""

import struct
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address
from typing import Final, NamedTuple

from ichor.errors import FormatError

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE = range(1, 9)
INFORMATION: Final = 11
CLIENT_PORT, SERVER_PORT = 546, 547
ALL_SERVERS: Final = "ff02::1:2"

CLIENT_ID, SERVER_ID, IA, ADDRESS, WANTED, PREFERENCE, ELAPSED, STATUS = 1, 2, 3, 5, 6, 7, 8, 13
DNS, DOMAINS, SNTP, REFRESH, FQDN, NTP, LONGEST_SOLICIT = 23, 24, 31, 32, 39, 56, 82
NO_ADDRESSES, NO_BINDING, USE_MULTICAST = 2, 3, 5
_NTP_ADDRESS, _NTP_NAME = 1, 3

_OPTION: Final = struct.Struct("!HH")
_IA: Final = struct.Struct("!III")
_ADDRESS: Final = struct.Struct("!16sII")
Options = tuple[tuple[int, bytes], ...]


class Packet(NamedTuple):
    kind: int
    transaction: int
    options: Options = ()

    def option(self, code: int) -> bytes | None:
        return first(self.options, code)


class Address(NamedTuple):
    """preferred, valid: seconds."""

    address: str
    preferred: int
    valid: int


class Association(NamedTuple):
    """An identity association for addresses (21.4). status: 0 for success."""

    id: int
    renew: int = 0
    rebind: int = 0
    addresses: tuple[Address, ...] = ()
    status: int = 0


def build(packet: Packet) -> bytes:
    head = bytes([packet.kind]) + packet.transaction.to_bytes(3, "big")
    return head + pack(packet.options)


def parse(data: bytes) -> Packet:
    """Read a message between client and server. Raises FormatError."""
    if len(data) < 4:
        raise FormatError(f"a message of at least 4 bytes, not {len(data)}")
    options = tuple(unpack(data[4:]))
    return Packet(data[0], int.from_bytes(data[1:4], "big"), options)


def pack(options: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(_OPTION.pack(code, len(value)) + value for code, value in options)


def unpack(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(raw):
        if len(raw) - at < _OPTION.size:
            raise FormatError("an option's code and length", offset=at)
        code, length = _OPTION.unpack_from(raw, at)
        at += _OPTION.size
        if length > len(raw) - at:
            raise FormatError(f"option {code} within the message", offset=at)
        yield code, raw[at : at + length]
        at += length


def first(options: Options, code: int) -> bytes | None:
    return next((value for found, value in options if found == code), None)


def pack_association(one: Association) -> bytes:
    rows = [
        (ADDRESS, _ADDRESS.pack(IPv6Address(each.address).packed, each.preferred, each.valid))
        for each in one.addresses
    ]
    if one.status:
        rows.append((STATUS, one.status.to_bytes(2, "big")))
    return _IA.pack(one.id, one.renew, one.rebind) + pack(rows)


def associations(packet: Packet) -> Iterator[Association]:
    """Yield those of a message. Raises FormatError."""
    for code, raw in packet.options:
        if code == IA:
            yield _association(raw)


def _association(raw: bytes) -> Association:
    if len(raw) < _IA.size:
        raise FormatError(f"an identity association of at least {_IA.size} bytes")
    options = tuple(unpack(raw[_IA.size :]))
    found = tuple(_address(value) for code, value in options if code == ADDRESS)
    id, renew, rebind = _IA.unpack_from(raw)
    return Association(id, renew, rebind, found, status_of(options))


def _address(raw: bytes) -> Address:
    if len(raw) < _ADDRESS.size:
        raise FormatError(f"an address with its times, {_ADDRESS.size} bytes")
    packed, preferred, valid = _ADDRESS.unpack_from(raw)
    return Address(str(IPv6Address(packed)), preferred, valid)


def status_of(options: Options) -> int:
    raw = first(options, STATUS)
    return int.from_bytes(raw[:2], "big") if raw else 0


def addresses(packet: Packet, code: int) -> tuple[str, ...]:
    """Give the addresses an option lists."""
    raw = packet.option(code) or b""
    return tuple(str(IPv6Address(raw[at : at + 16])) for at in range(0, len(raw) - 15, 16))


def names(raw: bytes) -> tuple[str, ...]:
    """Read names as of the DNS, none of them compressed (RFC 8415, 10). Raises FormatError."""
    found: list[str] = []
    labels: list[str] = []
    at = 0
    while at < len(raw):
        length = raw[at]
        if length > 63 or at + 1 + length > len(raw):
            raise FormatError("a label of at most 63 bytes", offset=at)
        if length:
            labels.append(_label(raw[at + 1 : at + 1 + length], at))
        elif labels:
            found.append(".".join(labels))
            labels = []
        at += 1 + length
    return tuple(found)


def _label(raw: bytes, at: int) -> str:
    text = raw.decode("ascii", "replace")
    if not text.replace("-", "").replace("_", "").isalnum() or not text.isascii():
        raise FormatError("letters, digits and hyphens of a name", offset=at)
    return text


def pack_names(*given: str) -> bytes:
    return b"".join(
        b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        for name in given
    )


def time_servers(packet: Packet) -> tuple[str, ...]:
    """Give addresses and names of NTP servers: of option 56, else of the older 31."""
    found: list[str] = []
    for code, value in unpack(packet.option(NTP) or b""):
        if code == _NTP_ADDRESS and len(value) == 16:
            found.append(str(IPv6Address(value)))
        elif code == _NTP_NAME:
            found.extend(names(value))
    return tuple(found) or addresses(packet, SNTP)


def number(packet: Packet, code: int) -> int | None:
    """Give the number an option holds, of four octets. Raises FormatError."""
    raw = packet.option(code)
    if raw is not None and len(raw) != 4:
        raise FormatError(f"option {code} of 4 bytes, not {len(raw)}")
    return int.from_bytes(raw, "big") if raw is not None else None


def duid_of(mac: bytes) -> bytes:
    """Give the identifier made of a hardware address (DUID-LL, 11.4)."""
    return b"\x00\x03\x00\x01" + mac
