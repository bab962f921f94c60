"""A netlink socket: requests with their answers, dumps that are whole, notices of change.

Synchronous: the kernel answers rtnetlink within the send(2) that asks, so nothing waits here. A
dump that the kernel marks as interrupted by a change is asked for again.
"""

import errno
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator

from ichor.linux.process import readable
from ichor.protocols.netlink import message
from ichor.protocols.netlink.message import Message

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
_SOL_NETLINK = 270
_ADD_MEMBERSHIP, _CAP_ACK, _EXT_ACK = 1, 10, 11
_BUFFER = 64 * 1024
_TRIES = 8


class Socket:
    """One conversation with the kernel; close it."""

    def __init__(self, protocol: int = NETLINK_ROUTE) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, protocol)
        self._socket.bind((0, 0))
        for option in (_CAP_ACK, _EXT_ACK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def request(self, type_: int, payload: bytes, flags: int = 0) -> None:
        """Have the kernel do something. Raises OSError with its reason."""
        self.ask(type_, payload, flags)

    def ask(self, type_: int, payload: bytes, flags: int = 0) -> list[Message]:
        """Give what the kernel answers. Raises OSError with its reason."""
        sequence = self._send(type_, payload, flags | message.ACK)
        answers = list(self._answers(sequence))
        for each in answers:
            _raise(each, type_)
        return [each for each in answers if each.type != message.ERROR]

    def dump(self, type_: int, payload: bytes) -> list[Message]:
        """Give all objects of a kind. Raises OSError, EAGAIN if they never hold still."""
        for _ in range(_TRIES):
            sequence = self._send(type_, payload, message.DUMP)
            answers = list(self._answers(sequence))
            for each in answers:
                _raise(each, type_)
            if not any(each.flags & message.DUMP_INTERRUPTED for each in answers):
                return [each for each in answers if each.type > message.OVERRUN]
        raise OSError(errno.EAGAIN, f"dump {type_} is interrupted by changes again and again")

    def _send(self, type_: int, payload: bytes, flags: int) -> int:
        self._sequence += 1
        request = Message(type_, flags | message.REQUEST, self._sequence, payload)
        self._socket.sendto(message.build(request), (0, 0))
        return self._sequence

    def _answers(self, sequence: int) -> Iterator[Message]:
        """Yield the messages of one answer, the ERROR or DONE that ends it included."""
        while True:
            raw, (sender, _) = self._socket.recvfrom(_BUFFER)
            if sender != 0:
                continue  # only the kernel is answered to
            for each in message.parse(raw):
                if each.sequence != sequence:
                    continue
                yield each
                if each.type in (message.ERROR, message.DONE):
                    return


def _raise(answer: Message, type_: int) -> None:
    if answer.type != message.ERROR:
        return
    failure = message.failure(answer)
    if failure.errno:
        said = f": {failure.text}" if failure.text else ""
        raise OSError(failure.errno, f"{os.strerror(failure.errno)}{said}", f"netlink {type_}")


def notices(groups: Iterable[int]) -> AsyncIterator[None]:
    """Yield once at first, then after changes in these groups, also if notices were lost."""
    return _each(listener(NETLINK_ROUTE, groups))


def listener(protocol: int, groups: Iterable[int]) -> socket.socket:
    """Give a socket that does not block and hears what the kernel tells these groups."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    made = socket.socket(socket.AF_NETLINK, kind, protocol)
    try:
        made.bind((0, 0))
        for group in groups:
            made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
    except OSError:
        made.close()
        raise
    return made


async def _each(listening: socket.socket) -> AsyncIterator[None]:
    with listening:
        yield  # what changed before the subscription is not missed
        while True:
            await readable(listening.fileno())
            for _ in waiting(listening):
                pass
            yield


def waiting(listening: socket.socket) -> Iterator[bytes]:
    """Yield the datagrams that the kernel has sent so far."""
    while True:
        try:
            raw, (sender, _) = listening.recvfrom(_BUFFER)
            if sender == 0:
                yield raw
        except BlockingIOError:
            return
        except OSError as error:
            # ENOBUFS: the kernel dropped notices. Whoever listens reads everything anew anyway.
            if error.errno != errno.ENOBUFS:
                raise
