"""The node's DNS server: the adapter of `ports.dns.DnsServer`.

It runs in machined: it reads only DNS (protocols/dns is pure and fuzzed), a query costs one
datagram, and a process of its own would cost more memory than all it does. Addresses are bound
whether they exist yet or not (IP_FREEBIND), so nothing waits for them.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, NamedTuple, cast

from ichor.cosi.wakes import Wakes
from ichor.peers.dns_resolve import Resolver, serve_stream
from ichor.ports.clock import Clock
from ichor.ports.dns import Action, Close, Forward, Host, Know, Listen, Resolving, Upstream
from ichor.rpc.listening import stop_listening

_IP_FREEBIND: Final = 15  # ip(7)
_IPV6_FREEBIND: Final = 78
_IDLE_S: Final = 10.0
_STREAMS: Final = 64
_DATAGRAMS: Final = 512


class _Bound(NamedTuple):
    datagrams: asyncio.DatagramTransport
    closed: asyncio.Event
    streams: asyncio.Server


class _Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram in a task; beyond a number they are dropped, as a full queue does."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not to be asked with isinstance: up to 3.11 the loop's own transport is no subclass.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(self._tasks) < _DATAGRAMS:
            task = asyncio.get_running_loop().create_task(self._answer(data, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = await self._resolver.answer(data, is_stream=False)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._tasks:
            task.cancel()
        self.closed.set()


class HostDns:
    def __init__(self, clock: Clock) -> None:
        self._wakes = Wakes()
        self._resolver = Resolver(clock.monotonic, self._wakes.ring)
        self._bound: dict[str, _Bound] = {}
        self._hosts: tuple[Host, ...] = ()
        self._streams: set[asyncio.Task[None]] = set()

    def observe(self) -> Resolving:
        return Resolving(
            listening=tuple(sorted(self._bound)),
            upstreams=tuple(
                Upstream(address=one, healthy=self._resolver.is_healthy(one))
                for one in self._resolver.upstreams
            ),
            hosts=self._hosts,
        )

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Listen(address=address):
                await self._listen(address)
            case Close(address=address):
                await self._close(address)
            case Forward(upstreams=upstreams):
                self._resolver.forward(upstreams)
            case Know(hosts=hosts):
                self._hosts = hosts
                self._resolver.know({host.name: host.addresses for host in hosts})

    async def stop(self) -> None:
        for address in tuple(self._bound):
            await self._close(address)

    async def _listen(self, address: str) -> None:
        if address in self._bound:
            raise OSError(errno.EADDRINUSE, "Address already in use", address)
        datagram = bound_socket(address, socket.SOCK_DGRAM)
        try:
            stream = bound_socket(address, socket.SOCK_STREAM)
        except OSError:
            datagram.close()
            raise
        loop = asyncio.get_running_loop()
        transport, answering = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._resolver), sock=datagram
        )
        server = await asyncio.start_server(self._accept, sock=stream, limit=1 << 17)
        self._bound[address] = _Bound(transport, answering.closed, server)

    async def _close(self, address: str) -> None:
        bound = self._bound.pop(address, None)
        if bound is not None:
            bound.datagrams.close()
            await stop_listening(bound.streams)
            await bound.closed.wait()  # only now the address is free again
            if not self._bound:
                for task in self._streams:
                    task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._streams) >= _STREAMS:
            writer.close()
            return
        self._streams.add(task)
        try:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await serve_stream(self._resolver, reader, writer, _IDLE_S)
        finally:
            self._streams.discard(task)
            writer.close()


def bound_socket(address: str, kind: socket.SocketKind) -> socket.socket:
    """Bind `host:port` or `[host]:port`. Raises OSError with the address."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
    except OSError as err:
        sock.close()
        raise OSError(err.errno, err.strerror, address) from err
    return sock
