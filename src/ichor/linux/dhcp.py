"""DHCPv4 over UDP sockets bound to a link: it works before the link has an address.

With the broadcast flag set servers answer to 255.255.255.255, which the kernel delivers to a
socket bound to the device whatever addresses it has; no raw sockets are needed.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from ichor.cosi.wakes import Wakes
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.dhcp import Action, Converse, Lease, LeasedRoute, Silence
from ichor.protocols.dhcp import client
from ichor.protocols.dhcp.client import Client, Send
from ichor.protocols.dhcp.packet import CLIENT_PORT, SERVER_PORT

log = logger(__name__)
_LARGEST = 1 << 16
_ALL = "255.255.255.255"


@dataclass(slots=True)
class _Conversation:
    socket: socket.socket
    client: Client
    task: asyncio.Task[None] | None = None


class KernelDhcp:
    """All methods in the loop's thread."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._links: dict[str, _Conversation] = {}
        self._wakes = Wakes()

    def observe(self) -> Mapping[str, Lease | None]:
        return {link: lease_of(one.client.lease) for link, one in self._links.items()}

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Converse(link=link, mac=mac):
                self._begin(link, bytes.fromhex(mac.replace(":", "")))
            case Silence(link=link):
                self._end(link)
        self._wakes.ring()

    def _begin(self, link: str, mac: bytes) -> None:
        self._end(link)
        now = self._clock.monotonic()
        one = _Conversation(open_socket(link), Client(mac, now, self._random.random))
        self._links[link] = one
        one.task = asyncio.get_running_loop().create_task(
            self._live(link, one), name=f"dhcp {link}"
        )

    def _end(self, link: str) -> None:
        one = self._links.pop(link, None)
        if one is not None and one.task is not None:
            one.task.cancel()

    async def _live(self, link: str, one: _Conversation) -> None:
        with one.socket:
            while True:
                held = one.client.lease
                self._send(one, one.client.tick(self._clock.monotonic()))
                data = await self._heard(one)
                if data:
                    self._send(one, one.client.receive(data, self._clock.monotonic()))
                if one.client.lease != held:
                    log.info("lease", extra=fields(link=link, lease=one.client.lease))
                    self._wakes.ring()

    async def _heard(self, one: _Conversation) -> bytes:
        """Give what comes before the client's next time; nothing if that comes first."""
        pause = max(0.0, one.client.next_time - self._clock.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause if pause < 1e9 else None):
                return await asyncio.get_running_loop().sock_recv(one.socket, _LARGEST)
        return b""

    def _send(self, one: _Conversation, due: Sequence[Send]) -> None:
        for each in due:
            try:
                one.socket.sendto(each.data, (each.server or _ALL, SERVER_PORT))
            except OSError as error:  # the link is down, the buffer full: the next try is timed
                log.debug("not sent", extra=fields(error=str(error)))


def open_socket(link: str, port: int = CLIENT_PORT) -> socket.socket:
    """Give a socket of that link alone, a client's or a server's. Raises OSError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", port))
    except OSError:
        made.close()
        raise
    return made


def lease_of(given: client.Lease | None) -> Lease | None:
    if given is None:
        return None
    return Lease(
        address=given.address,
        server=given.server,
        routes=tuple(LeasedRoute(destination=d, gateway=g) for d, g in given.routes),
        name_servers=given.name_servers,
        time_servers=given.time_servers,
        hostname=given.hostname,
        domain=given.domain,
    )
