"""DHCP over UDP sockets bound to a link: it works before the link has an address.

With the broadcast flag set servers answer to 255.255.255.255, which the kernel delivers to a
socket bound to the device whatever addresses it has; no raw sockets are needed. DHCPv6 is spoken
between link-local addresses, which the kernel makes.
"""

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Generic, Protocol, TypeVar

from ichor.cosi.wakes import Wakes
from ichor.errors import FormatError
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.dhcp import Action, Conversation, Converse, Lease, LeasedRoute, Silence
from ichor.protocols.dhcp import client, client6, packet6
from ichor.protocols.dhcp.client import Client
from ichor.protocols.dhcp.client6 import Client as Client6
from ichor.protocols.dhcp.packet import CLIENT_PORT, SERVER_PORT

L = TypeVar("L")
L_co = TypeVar("L_co", covariant=True)
M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
log = logger(__name__)
_LARGEST = 1 << 16
_ALL = "255.255.255.255"
_PAUSE_S = 10.0
_NO_LINK = (errno.ENODEV, errno.ENXIO)


class Speaker(Protocol):
    """A client with its socket."""

    @property
    def lease(self) -> Lease | None: ...

    @property
    def next_time(self) -> float: ...

    @property
    def socket(self) -> socket.socket: ...

    def tick(self, now: float) -> None: ...

    def receive(self, data: bytes, now: float) -> None:
        """Raises FormatError."""
        ...


class _Client(Protocol[L_co, M_co]):
    """The state of a conversation: what is leased, and what is to be sent when."""

    @property
    def lease(self) -> L_co | None: ...

    @property
    def next_time(self) -> float: ...

    def tick(self, now: float) -> Sequence[M_co]: ...

    def receive(self, data: bytes, now: float) -> Sequence[M_co]: ...


class _Speaking(ABC, Generic[L, M]):
    """A client L whose messages M go through a socket."""

    def __init__(self, speaking: socket.socket, client: _Client[L, M]) -> None:
        self.socket = speaking
        self._client = client

    @property
    def next_time(self) -> float:
        return self._client.next_time

    def tick(self, now: float) -> None:
        self._send(self._client.tick(now))

    def receive(self, data: bytes, now: float) -> None:
        self._send(self._client.receive(data, now))

    def _send(self, due: Sequence[M]) -> None:
        for each in due:
            self._post(each)

    @abstractmethod
    def _post(self, message: M) -> None: ...


class Speaker4(_Speaking[client.Lease, client.Send]):
    """Raises OSError where there is no such link."""

    def __init__(self, asked: Converse, now: float, random: Random) -> None:
        mac, identifier = octets(asked.mac), octets(asked.identifier)
        super().__init__(open_socket(asked.link), Client(mac, now, random.random, identifier))

    @property
    def lease(self) -> Lease | None:
        return lease_of(self._client.lease)

    def _post(self, message: client.Send) -> None:
        send(self.socket, message.data, (message.server or _ALL, SERVER_PORT))


class Speaker6(_Speaking[client6.Lease, bytes]):
    """Raises OSError where there is no such link."""

    def __init__(self, asked: Converse, now: float, random: Random) -> None:
        self._link = socket.if_nametoindex(asked.link)
        id = int.from_bytes(octets(asked.mac)[-4:], "big")
        super().__init__(
            open_socket(asked.link, packet6.CLIENT_PORT, socket.AF_INET6),
            Client6(octets(asked.identifier), id, now, random.random),
        )

    @property
    def lease(self) -> Lease | None:
        return lease6_of(self._client.lease)

    def _post(self, message: bytes) -> None:
        send(self.socket, message, (packet6.ALL_SERVERS, packet6.SERVER_PORT, 0, self._link))


@dataclass(slots=True)
class _Conversation:
    asked: Converse
    speaker: Speaker
    task: asyncio.Task[None] | None = None


class KernelDhcp:
    """All methods in the loop's thread."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        speaker: Callable[[Converse, float, Random], Speaker] = Speaker4,
    ) -> None:
        self._clock = clock
        self._random = random
        self._speaker = speaker
        self._links: dict[str, _Conversation] = {}
        self._wakes = Wakes()

    def observe(self) -> Mapping[str, Conversation]:
        return {
            link: Conversation(asked=one.asked, lease=one.speaker.lease)
            for link, one in self._links.items()
        }

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Converse():
                self._begin(action)
            case Silence(link=link):
                self._end(link)
        self._wakes.ring()

    def _begin(self, asked: Converse) -> None:
        self._end(asked.link)
        now = self._clock.monotonic()
        one = _Conversation(asked, self._speaker(asked, now, self._random))
        self._links[asked.link] = one
        one.task = asyncio.get_running_loop().create_task(
            self._live(one), name=f"dhcp {asked.link}"
        )

    def _end(self, link: str) -> None:
        one = self._links.pop(link, None)
        if one is not None and one.task is not None:
            one.task.cancel()

    async def _live(self, one: _Conversation) -> None:
        """Converse until that fails; then it is forgotten, and may be begun anew."""
        link = one.asked.link
        try:
            await self._converse(one)
        except OSError as error:  # the link is gone
            log.warning("the conversation ended", extra=fields(link=link, why=str(error)))
        except Exception:  # a fault of ours must not leave the link without
            log.exception("the conversation failed", extra=fields(link=link))
        await self._clock.sleep(_PAUSE_S)
        if self._links.get(link) is one:
            del self._links[link]
            self._wakes.ring()

    async def _converse(self, one: _Conversation) -> None:
        """Raises OSError."""
        with one.speaker.socket:
            while True:
                held = one.speaker.lease
                one.speaker.tick(self._clock.monotonic())
                data = await self._heard(one.speaker)
                if data:
                    self._receive(one, data)
                if one.speaker.lease != held:
                    shown = fields(link=one.asked.link, lease=one.speaker.lease)
                    log.info("lease", extra=shown)
                    self._wakes.ring()

    def _receive(self, one: _Conversation, data: bytes) -> None:
        try:
            one.speaker.receive(data, self._clock.monotonic())
        except FormatError as error:  # anybody on the link may send us anything
            shown = fields(link=one.asked.link, why=str(error))
            log.debug("not understood", extra=shown)

    async def _heard(self, speaker: Speaker) -> bytes:
        """Give what comes before the client's next time; nothing if that comes first."""
        pause = max(0.0, speaker.next_time - self._clock.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause if pause < 1e9 else None):
                return await asyncio.get_running_loop().sock_recv(speaker.socket, _LARGEST)
        return b""


def octets(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def send(sender: socket.socket, data: bytes, to: tuple[str | int, ...]) -> None:
    """Raises OSError where the socket's link is no more."""
    try:
        sender.sendto(data, to)
    except OSError as error:  # the link is down, the buffer full: the next try is timed
        if error.errno in _NO_LINK:
            raise
        log.debug("not sent", extra=fields(error=str(error)))


def open_socket(
    link: str, port: int = CLIENT_PORT, family: socket.AddressFamily = socket.AF_INET
) -> socket.socket:
    """Give a socket of that link alone, a client's or a server's. Raises OSError."""
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.bind(("", port))
    except OSError:
        made.close()
        raise
    return made


def lease_of(given: client.Lease | None) -> Lease | None:
    if given is None:
        return None
    return Lease(
        addresses=(given.address,),
        server=given.server,
        routes=tuple(LeasedRoute(destination=d, gateway=g) for d, g in given.routes),
        name_servers=given.name_servers,
        time_servers=given.time_servers,
        hostname=given.hostname,
        domain=given.domain,
        mtu=given.mtu,
    )


def lease6_of(given: client6.Lease | None) -> Lease | None:
    if given is None:
        return None
    return Lease(
        addresses=tuple(f"{address}/128" for address in given.addresses),
        server=given.server.hex(":"),
        name_servers=given.name_servers,
        time_servers=given.time_servers,
        domains=given.domains,
    )
