"""Netlink framing, netlink(7), include/uapi/linux/netlink.h.

    message:   u32 length, u16 type, u16 flags, u32 sequence, u32 port, payload, padding to 4
    attribute: u16 length, u16 type, value, padding to 4; length without the padding

All in the machine's order; ours are little-endian.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ichor.errors import FormatError

NOOP, ERROR, DONE, OVERRUN = 1, 2, 3, 4
REQUEST, MULTI, ACK = 0x01, 0x02, 0x04
DUMP_INTERRUPTED = 0x10
DUMP = 0x300
REPLACE, EXCLUDE, CREATE, APPEND = 0x100, 0x200, 0x400, 0x800
CAPPED, ACK_TLVS = 0x100, 0x200
NESTED, _TYPE_MASK = 0x8000, 0x3FFF
_HEADER = struct.Struct("<IHHII")
_ATTRIBUTE = struct.Struct("<HH")
_EXT_MESSAGE = 1  # NLMSGERR_ATTR_MSG


class Message(NamedTuple):
    type: int
    flags: int
    sequence: int
    payload: bytes = b""
    port: int = 0


class Failure(NamedTuple):
    """What an ERROR message says; errno 0 is the acknowledgement."""

    errno: int
    text: str = ""


def build(message: Message) -> bytes:
    length = _HEADER.size + len(message.payload)
    head = _HEADER.pack(length, message.type, message.flags, message.sequence, message.port)
    return head + message.payload + _padding(length)


def parse(raw: bytes) -> Iterator[Message]:
    """Yield the messages of one datagram. Raises FormatError."""
    at = 0
    while at < len(raw):
        if len(raw) - at < _HEADER.size:
            raise FormatError("a header of 16 bytes", offset=at)
        length, type_, flags, sequence, port = _HEADER.unpack_from(raw, at)
        if not _HEADER.size <= length <= len(raw) - at:
            raise FormatError(f"a message within {len(raw) - at} bytes, not {length}", offset=at)
        payload = raw[at + _HEADER.size : at + length]
        yield Message(type_, flags, sequence, payload, port)
        at += length + len(_padding(length))


def failure(message: Message) -> Failure:
    """Read an ERROR message, with the kernel's own words if it sent any. Raises FormatError."""
    if len(message.payload) < 4 + _HEADER.size:
        raise FormatError("an errno and the header it is about")
    code = -struct.unpack_from("<i", message.payload)[0]
    if not message.flags & ACK_TLVS:
        return Failure(code)
    (original,) = struct.unpack_from("<I", message.payload, 4)
    skip = _HEADER.size if message.flags & CAPPED else original
    found = attributes(message.payload[4 + skip + len(_padding(skip)) :])
    return Failure(code, text(found.get(_EXT_MESSAGE, b"")))


def attribute(type_: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, type_) + value + _padding(length)


def nested(type_: int, *inner: bytes) -> bytes:
    return attribute(type_ | NESTED, b"".join(inner))


def attributes(raw: bytes) -> Mapping[int, bytes]:
    """Give type -> value without the flag bits; the last of several wins. Raises FormatError."""
    return dict(listed(raw))


def listed(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the attributes in order, repeated ones too. Raises FormatError."""
    at = 0
    while len(raw) - at >= _ATTRIBUTE.size:
        length, type_ = _ATTRIBUTE.unpack_from(raw, at)
        if not _ATTRIBUTE.size <= length <= len(raw) - at:
            raise FormatError(f"an attribute within {len(raw) - at} bytes", offset=at)
        yield type_ & _TYPE_MASK, raw[at + _ATTRIBUTE.size : at + length]
        at += length + len(_padding(length))


def text(value: bytes) -> str:
    """Read a string that ends with a NUL."""
    return value.partition(b"\0")[0].decode(errors="replace")


def number(value: bytes, *, order: str = "little") -> int:
    """Read an unsigned number of any width; no bytes are 0."""
    return int.from_bytes(value, "big" if order == "big" else "little")


def string(value: str) -> bytes:
    return value.encode() + b"\0"


def u8(value: int) -> bytes:
    return struct.pack("<B", value)


def u16(value: int) -> bytes:
    return struct.pack("<H", value)


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u16_network(value: int) -> bytes:
    return struct.pack(">H", value)


def _padding(length: int) -> bytes:
    return b"\0" * (-length % 4)
