"""Packets of a link, as they pass: packet(7), with a filter of classic BPF (socket(7)).

The filter is attached before the socket hears anything: what it keeps out is never seen.
"""

import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from ichor.errors import InputError, NotFound
from ichor.formats import bpf, pcap
from ichor.formats.bpf import Instruction
from ichor.formats.pcap import Packet
from ichor.linux import libc

LONGEST: Final = 65535
# include/uapi/linux/if_ether.h, if_packet.h, if_arp.h; asm-generic/socket.h
_ALL: Final = 0x0003
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISCUOUS = 263, 1, 1
_TIMESTAMPNS: Final = 35
_ETHERNET, _LOOPBACK = 1, 772
_MOST: Final = 4096  # instructions: BPF_MAXINSNS
_TIME: Final = struct.Struct("@ll")
_LINKS: Final = Path("/sys/class/net")


class Wanted(NamedTuple):
    """longest: bytes of a packet that are kept."""

    link: str
    filter: Sequence[Instruction] = ()
    longest: int = LONGEST
    promiscuous: bool = False


class Capture:
    """Raises NotFound for a link that is not there, InputError for a filter that is refused.

    Caller closes it.
    """

    def __init__(self, wanted: Wanted) -> None:
        try:
            index = socket.if_nametoindex(wanted.link)
            kind = int((_LINKS / wanted.link / "type").read_text())
        except (OSError, ValueError):
            raise NotFound(f"no link {wanted.link!r}") from None
        self.kind = pcap.ETHERNET if kind in {_ETHERNET, _LOOPBACK} else pcap.RAW
        self._buffer = bytearray(wanted.longest)
        # Of a link without frames of its own the packets begin with their network's header.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            self._prepare(wanted, index)
        except BaseException:
            self._socket.close()
            raise

    def _prepare(self, wanted: Wanted, index: int) -> None:
        if wanted.filter:
            if len(wanted.filter) > _MOST:
                raise InputError(f"a filter of {len(wanted.filter)}: at most {_MOST} instructions")
            try:
                libc.attach_filter(self._socket.fileno(), bpf.pack(wanted.filter))
            except OSError as error:
                raise InputError(f"the kernel refuses the filter: {error.strerror}") from error
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        self._socket.bind((wanted.link, _ALL))
        if wanted.promiscuous:
            membership = struct.pack("@iHH8x", index, _PROMISCUOUS, 0)
            self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def next(self) -> Packet | None:
        """Give the next packet, None while there is none. Raises OSError once the link is gone."""
        with suppress(BlockingIOError):
            length, said, _, _ = self._socket.recvmsg_into(
                [self._buffer], socket.CMSG_SPACE(_TIME.size), socket.MSG_TRUNC
            )
            return Packet(_time(said), bytes(self._buffer[:length]), length)
        return None


def _time(said: Sequence[tuple[int, int, bytes]]) -> int:
    """Give when the kernel took it, in nanoseconds."""
    for level, kind, data in said:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
            seconds, rest = _TIME.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(rest)
    return 0
