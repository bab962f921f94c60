"""Captures (draft-ietf-opsawg-pcap): a head, then records, in the machine's order of bytes.

magic u32, version 2.4 u16 u16, zone i32, accuracy u32, longest record u32, kind of link u32
seconds u32, microseconds u32, bytes that follow u32, bytes on the wire u32
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ichor.errors import FormatError

# https://www.tcpdump.org/linktypes.html
ETHERNET, RAW = 1, 101
_MAGIC: Final = 0xA1B2C3D4
_HEAD: Final = struct.Struct("<IHHiIII")
_RECORD: Final = struct.Struct("<IIII")
_LONGEST: Final = 1 << 20


class Packet(NamedTuple):
    """at_ns: since 1970. length: on the wire, of which data is the begin."""

    at_ns: int
    data: bytes
    length: int


def head(longest: int, link: int) -> bytes:
    return _HEAD.pack(_MAGIC, 2, 4, 0, 0, longest, link)


def record(packet: Packet) -> bytes:
    seconds, rest = divmod(packet.at_ns, 1_000_000_000)
    sizes = len(packet.data), packet.length
    return _RECORD.pack(seconds & 0xFFFFFFFF, rest // 1000, *sizes) + packet.data


class Reader:
    """Takes pieces as they come, and gives whole packets. link: once its head has come."""

    def __init__(self) -> None:
        self.link = -1
        self._waiting = b""

    def read(self, piece: bytes) -> Iterator[Packet]:
        """Yield what is whole. Raises FormatError."""
        self._waiting += piece
        if self.link < 0 and len(self._waiting) >= _HEAD.size:
            magic, *_, self.link = _HEAD.unpack_from(self._waiting)
            if magic != _MAGIC:
                raise FormatError(f"the head of a capture, not {magic:#x}", offset=0)
            self._waiting = self._waiting[_HEAD.size :]
        while self.link >= 0 and len(self._waiting) >= _RECORD.size:
            seconds, micros, size, length = _RECORD.unpack_from(self._waiting)
            if size > _LONGEST:
                raise FormatError(f"a packet of at most {_LONGEST} bytes, not {size}")
            end = _RECORD.size + size
            if len(self._waiting) < end:
                return
            data, self._waiting = self._waiting[_RECORD.size : end], self._waiting[end:]
            yield Packet(seconds * 1_000_000_000 + micros * 1000, data, length)
