"""A TCP balancer: the adapter of `ports.balancer.Balancer`.

    accept ─► dial targets in order until one answers ─► copy both ways until both ends are done

Order: targets on this node, then the others, each connection beginning with the next; those whose
last dial failed come last but are still tried, so a server that is back is used at once, and a
failed dial goes on to the next at once. While no target answers, connections wait for one: clients
that are refused pause ever longer, a kubelet for tens of seconds, and everybody waits for them.
Connections to a node that vanished are ended by the kernel (TCP_USER_TIMEOUT), which no client
has to know.
"""

import asyncio
import asyncio.trsock
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, cast

from msgspec import Struct

from ichor.cosi.wakes import Wakes
from ichor.ports.balancer import Action, Balancing, Direct, Listen, Seen, Target
from ichor.ports.clock import Clock
from ichor.rpc.listening import stop_listening

_CHUNK: Final = 1 << 16
_CONNECTIONS: Final = 2000


class Timing(Struct, frozen=True, kw_only=True):
    """Seconds. hurry: how long a dial may take while there is another target to try.

    patience: how long a connection waits for a target. A TLS handshake of Go ends after 10, and
    then the client gives up by itself, once; a connection that is ended under it, it asks again ten
    times, and a kubelet that waits so for the API does not start the API server beside it.
    """

    interval: float = 20
    again: float = 2  # a target that failed is asked sooner
    dial: float = 15
    hurry: float = 3
    patience: float = 12
    retry: float = 0.2
    keep_alive: int = 30
    silence: int = 30


class LoopbackBalancer:
    def __init__(self, clock: Clock, timing: Timing | None = None) -> None:
        self._clock = clock
        self._timing = timing or Timing()
        self._wakes = Wakes()
        self._healthy: dict[Target, bool] = {}
        self._checks: dict[Target, asyncio.Task[None]] = {}
        self._listening = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = 0

    def observe(self) -> Balancing:
        return Balancing(
            listening=self._listening,
            targets=tuple(
                Seen(target=target, healthy=healthy) for target, healthy in self._healthy.items()
            ),
        )

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Listen(address=address):
                await self._close()
                if address:
                    await self._listen(address)
            case Direct(targets=targets):
                self._direct(targets)

    async def stop(self) -> None:
        await self._close()
        self._direct(())
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._server = await asyncio.start_server(self._serve, host, int(port), backlog=512)
        self._listening = address

    async def _close(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        self._server, self._listening = None, ""

    def _direct(self, targets: tuple[Target, ...]) -> None:
        for gone in self._healthy.keys() - set(targets):
            self._checks.pop(gone).cancel()
        self._healthy = {target: self._healthy.get(target, False) for target in targets}
        loop = asyncio.get_running_loop()
        for target in targets:
            if target not in self._checks:
                name = f"check {target.host}:{target.port}"
                self._checks[target] = loop.create_task(self._check(target), name=name)

    async def _check(self, target: Target) -> None:
        while True:
            try:
                _, writer = await self._dial(target, self._timing.dial)
                writer.close()
            except (OSError, TimeoutError):
                await self._clock.sleep(self._timing.again)
            else:
                await self._clock.sleep(self._timing.interval)

    async def _dial(
        self, target: Target, seconds: float
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect. Raises OSError or TimeoutError; either way the target's health is noted."""
        try:
            async with asyncio.timeout(seconds):
                streams = await asyncio.open_connection(*target, limit=_CHUNK)
        except (OSError, TimeoutError):
            self._note(target, is_healthy=False)
            raise
        self._note(target, is_healthy=True)
        return streams

    def _note(self, target: Target, *, is_healthy: bool) -> None:
        if self._healthy.get(target, is_healthy) is not is_healthy:
            self._healthy[target] = is_healthy
            self._wakes.ring()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= _CONNECTIONS:
            writer.close()
            return
        self._tasks.add(task)
        try:
            with suppress(OSError):
                await self._pass_on(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = await self._first()
        if far is None:
            abort(writer)
            return
        far_reader, far_writer = far
        for one in (writer, far_writer):
            self._watch_over(one)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(copy(reader, far_writer, lambda: abort(writer)))
                group.create_task(copy(far_reader, writer, lambda: abort(far_writer)))
        finally:
            far_writer.close()

    async def _first(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to the first target that answers; None if none does for long."""
        until = self._clock.monotonic() + self._timing.patience
        while (found := await self._any()) is None and self._clock.monotonic() < until:
            await self._clock.sleep(self._timing.retry)
        return found

    async def _any(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        order = self._order()
        for number, target in enumerate(order, 1):
            is_last = number == len(order)
            with suppress(OSError, TimeoutError):
                return await self._dial(
                    target, self._timing.dial if is_last else self._timing.hurry
                )
        return None

    def _order(self) -> list[Target]:
        here = [target for target in self._healthy if is_here(target.host)]
        others = [target for target in self._healthy if not is_here(target.host)]
        self._turn = (self._turn + 1) % max(1, len(others))
        turned = here + others[self._turn :] + others[: self._turn]
        return sorted(turned, key=lambda target: not self._healthy[target])

    def _watch_over(self, writer: asyncio.StreamWriter) -> None:
        keep, silence = self._timing.keep_alive, self._timing.silence
        options = (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, keep),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, keep // 3)),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, silence * 1000),
        )
        for level, option, value in options:
            _socket(writer).setsockopt(level, option, value)


def _socket(writer: asyncio.StreamWriter) -> asyncio.trsock.TransportSocket:
    return cast("asyncio.trsock.TransportSocket", writer.get_extra_info("socket"))


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, failed: Callable[[], None]
) -> None:
    """Pass on what comes until its end, and then the end. On an error end the other way too."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        failed()
        abort(writer)


def abort(writer: asyncio.StreamWriter) -> None:
    """End a connection so that its other end sees a failure (RST) and not a tidy end."""
    if not writer.transport.is_closing():
        _socket(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
