"""The server: listeners, who may connect, draining."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeAlias

from ichor.rpc.budget import Budget
from ichor.rpc.calls import Calls
from ichor.rpc.connection import Connection
from ichor.rpc.context import MESSAGE_LIMIT, Handler, Interceptor
from ichor.rpc.engine import Limits
from ichor.rpc.listening import stop_listening
from ichor.rpc.peer import Peer, TlsPeer, UnixPeer
from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Stream
from ichor.rpc.tls import ServerTls

# From accept to the client's SETTINGS: who is slower holds a descriptor for nothing.
_HANDSHAKE_S: Final = 10.0

_Admit: TypeAlias = Callable[[Peer], None]


class Server:
    """handlers: by path; unknown: gets every other path, else they are UNIMPLEMENTED.

    interceptors wrap every call, the first one outermost.
    budget: what calls may hold in sum; shared with the channels that calls are passed on to.
    max_connections: above it the oldest that has not shown who it is makes room, else the newest.
    keepalive_s: ping silent peers; None never.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        unknown: Handler | None = None,
        interceptors: Sequence[Interceptor] = (),
        *,
        limits: Limits | None = None,
        budget: Budget | None = None,
        message_limit: int = MESSAGE_LIMIT,
        max_connections: int = 1024,
        keepalive_s: float | None = 120.0,
        keepalive_timeout_s: float = 20.0,
    ) -> None:
        self._calls = Calls(handlers, unknown, interceptors, message_limit)
        self._limits = limits or Limits()
        self._budget = budget or Budget()
        self._max_connections = max_connections
        self._keepalive = (keepalive_s, keepalive_timeout_s)
        self._listeners: list[asyncio.Server] = []
        self._paths: list[Path] = []
        self._refused: dict[Connection, RpcError] = {}
        self.connections: dict[Connection, None] = {}  # the oldest first

    # -- listening ---------------------------------------------------------------------------------

    async def listen_unix(
        self, path: str, *, mode: int = 0o600, uids: Collection[int] | None = None
    ) -> None:
        """Listen on a socket file, replacing a stale one; uids: who may call."""
        sock = bind_unix(Path(path), mode)
        self._paths.append(Path(path))
        await self._listen(sock, None, None if uids is None else partial(_check_uid, uids))

    async def listen_tcp(self, host: str, port: int, tls: ServerTls | None) -> int:
        """Listen on an address, `::` for both families; gives the port (any if 0)."""
        sock = bind_tcp(host, port)
        await self.listen_socket(sock, tls)
        return int(sock.getsockname()[1])

    async def listen_socket(self, sock: socket.socket, tls: ServerTls | None = None) -> None:
        """Listen on a socket that somebody else bound and passed on."""
        await self._listen(sock, tls, None if tls is None else partial(_check_chain, tls))

    async def _listen(
        self, sock: socket.socket, tls: ServerTls | None, admit: _Admit | None
    ) -> None:
        loop = asyncio.get_running_loop()
        make = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
        self._listeners.append(await make(lambda: self._connect(tls, admit).wire, sock=sock))

    # -- connections -------------------------------------------------------------------------------

    def _connect(self, tls: ServerTls | None, admit: _Admit | None) -> Connection:
        connection = Connection(
            self._limits,
            budget=self._budget,
            accept=self._accept,
            context=None if tls is None else tls.context,
            on_opened=partial(self._opened, admit),
            on_lost=self._lost,
        )
        self.connections[connection] = None
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_HANDSHAKE_S, connection.abort)
        connection.ready.add_done_callback(lambda _: timer.cancel())
        if len(self.connections) > self._max_connections:
            strangers = (one for one in self.connections if one.peer is None)
            loop.call_soon(next(strangers, connection).abort)
        return connection

    def _opened(self, admit: _Admit | None, connection: Connection) -> None:
        every, timeout = self._keepalive
        if every is not None:
            connection.keep_alive(every, timeout, idle=True)
        if admit is not None and connection.peer is not None:
            try:
                admit(connection.peer)
            except RpcError as error:
                self._refused[connection] = error

    def _lost(self, connection: Connection) -> None:
        self.connections.pop(connection, None)
        self._refused.pop(connection, None)

    def _accept(self, connection: Connection, stream: Stream) -> None:
        if connection.peer is not None:
            self._calls.start(stream, connection.peer, self._refused.get(connection))

    # -- the end -----------------------------------------------------------------------------------

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take nothing new, let running calls end for `grace_s`, then cut."""
        for listener in self._listeners:
            await stop_listening(listener)
        for path in self._paths:
            path.unlink(missing_ok=True)
        for connection in list(self.connections):
            connection.drain()
        await self._calls.stop(grace_s)
        gone = [connection.gone for connection in self.connections]
        if gone:
            await asyncio.wait(gone, timeout=1.0)
        for connection in list(self.connections):
            connection.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(0)


def bind_tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=128, dualstack_ipv6=both)


def bind_unix(path: Path, mode: int) -> socket.socket:
    """Bind with the wanted mode from the first moment: a chmod afterwards would leave a gap."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    sock = socket.socket(socket.AF_UNIX)
    before = os.umask(0o777 & ~mode)
    try:
        sock.bind(str(path))
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(before)
    sock.listen(128)
    return sock


def _check_uid(uids: Collection[int], peer: Peer) -> None:
    if not isinstance(peer, UnixPeer) or peer.uid not in uids:
        raise RpcError(Code.PERMISSION_DENIED, "this socket is not for you")


def _check_chain(tls: ServerTls, peer: Peer) -> None:
    if tls.verify is not None:
        tls.verify(peer.chain if isinstance(peer, TlsPeer) else ())
