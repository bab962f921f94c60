"""Where time comes from: an NTP server asked by one datagram, or a precise clock of the machine."""

import asyncio
import os
import secrets
import socket
import time
from contextlib import suppress
from typing import Final, Protocol

from ichor.errors import FormatError, TransientError
from ichor.ports.clock import Clock
from ichor.protocols.ntp import client
from ichor.protocols.ntp.client import Query, Sample, SentAway
from ichor.protocols.ntp.packet import PORT

_PATIENCE_S: Final = 2.0
_LARGEST: Final = 2048
_CLOCK_OF_FD: Final = 3  # CLOCKFD, include/linux/posix-timers.h


class TimeSource(Protocol):
    async def measure(self) -> Sample:
        """Raises OSError, FormatError, TransientError, TimeoutError."""
        ...


def source(name: str, clock: Clock) -> TimeSource:
    return PtpDevice(name, clock) if name.startswith("/dev/") else NtpServer(name, clock)


class NtpServer:
    """A name is resolved each time: its addresses change, and one that is silent is left.

    An address that sent us away for good is asked no more.
    """

    def __init__(self, name: str, clock: Clock, port: int = PORT) -> None:
        self._name = name
        self._clock = clock
        self._port = port
        self._left: set[str | int] = set()

    async def measure(self) -> Sample:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_PATIENCE_S):
            found = await loop.getaddrinfo(self._name, self._port, type=socket.SOCK_DGRAM)
            found = [one for one in found if one[4][0] not in self._left]
            if not found:
                raise TransientError("each of its addresses sent us away")
            family, _, _, _, address = secrets.choice(found)
            asked = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            with asked:
                asked.setblocking(False)
                await loop.sock_connect(asked, address)
                try:
                    return await self._converse(loop, asked)
                except SentAway as away:
                    if away.is_for_good:
                        self._left.add(address[0])
                    raise

    async def _converse(self, loop: asyncio.AbstractEventLoop, asked: socket.socket) -> Sample:
        query = Query(secrets.randbits(64) | 1, self._clock.now().timestamp())
        await loop.sock_sendall(asked, client.ask(query.cookie))
        while True:
            data = await loop.sock_recv(asked, _LARGEST)
            arrived = self._clock.now().timestamp()
            with suppress(FormatError):  # somebody else's, or of an earlier question
                return client.measure(data, query, arrived, self._clock.monotonic())


class PtpDevice:
    """A clock of a NIC or of the hypervisor (drivers/ptp), read between two looks at ours."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    async def measure(self) -> Sample:
        device = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            clock = (~device << 3) | _CLOCK_OF_FD
            before = self._clock.now().timestamp()
            told = time.clock_gettime(clock)
            after = self._clock.now().timestamp()
        finally:
            os.close(device)
        delay = max(0.0, after - before)
        return Sample(told - (before + after) / 2, delay, delay / 2, self._clock.monotonic())
