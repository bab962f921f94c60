"""An HTTP/1.1 client: keep-alive pool, whole replies and streamed ones, over `h11`.

    Pool.fetch(request)   -> Reply (body read, connection back in the pool)
    Pool.stream(request)  -> Streaming (head read; the body comes in chunks; connection is closed)

A connection taken from the pool may have been closed by the server meanwhile; then an idempotent
request (RFC 9110 section 9.2.2) is sent once more on another one, any other fails: the server may
have acted on it. Everything that is the world's fault becomes TransientError.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import h11
from msgspec import Struct

from ichor.errors import TransientError

_CHUNK = 65536
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_IDLE_MAX = 4  # more would only keep TLS buffers alive: about 290 KiB each, measured


class Origin(Struct, frozen=True, kw_only=True):
    """Where requests go; server_name is what the certificate must say, if not the host."""

    host: str
    port: int
    server_name: str = ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Request(Struct, frozen=True, kw_only=True):
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """Give the target without its query, which may be secret."""
        return self.target.partition("?")[0]


class Reply(Struct, frozen=True, kw_only=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class _Stale(Exception):  # noqa: N818 - never leaves this file
    """The server closed an idle connection before it saw the request."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.CLIENT)

    async def head(self, authority: str, request: Request) -> tuple[int, list[tuple[str, str]]]:
        """Send a request and read up to the head of its reply."""
        self._write(authority, request)
        await self._writer.drain()
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                pairs = [(k.decode("latin1").lower(), v.decode("latin1")) for k, v in event.headers]
                return event.status_code, pairs

    def _write(self, authority: str, request: Request) -> None:
        headers = [("Host", authority), ("User-Agent", "ichor"), *request.headers]
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            headers.append(("Content-Length", str(len(request.body))))
        events: list[h11.Event] = [
            h11.Request(method=request.method, target=request.target, headers=headers)
        ]
        if request.body:
            events.append(h11.Data(data=request.body))
        events.append(h11.EndOfMessage())
        for event in events:
            self._writer.write(self._h11.send(event) or b"")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body of the reply as it comes."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise TransientError("the server closed the connection in the middle of a reply")

    async def _event(self) -> object:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            data = await self._reader.read(_CHUNK)
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise _Stale
            self._h11.receive_data(data)

    def reusable(self) -> bool:
        """Say whether another request may follow, and make ready for it."""
        try:
            self._h11.start_next_cycle()
        except h11.ProtocolError:
            return False
        return self.is_open()

    def is_open(self) -> bool:
        return not self._writer.is_closing() and not self._reader.at_eof()

    async def close(self) -> None:
        # abort, not close: a TLS goodbye would wait for a peer that may be gone.
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


class Streaming:
    """A reply whose body is still coming."""

    def __init__(
        self,
        status: int,
        headers: tuple[tuple[str, str], ...],
        body: _Connection,
        idle_s: float | None,
    ) -> None:
        self.status = status
        self.headers = headers
        self._body = body
        self._idle_s = idle_s

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises TransientError if nothing comes for idle_s."""
        body = self._body.chunks()
        while True:
            with _world("reading a stream"):
                async with asyncio.timeout(self._idle_s):
                    chunk = await anext(body, None)
            if chunk is None:
                return
            yield chunk

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])


class Pool:
    """Connections to one origin. Not safe across event loops. Close it when done."""

    def __init__(
        self, origin: Origin, tls: ssl.SSLContext | None = None, *, dial_timeout_s: float = 10
    ) -> None:
        self.origin = origin
        self._tls = tls
        self._dial_timeout_s = dial_timeout_s
        self._idle: list[_Connection] = []

    async def fetch(self, request: Request, *, timeout_s: float = 30) -> Reply:
        """Send a request, read its whole reply."""
        with _world(f"{request.method} {self.origin.authority}{request.path}"):
            async with asyncio.timeout(timeout_s):
                connection, status, headers = await self._start(request)
                try:
                    body = b"".join([chunk async for chunk in connection.chunks()])
                except BaseException:
                    await connection.close()
                    raise
                await self._release(connection)
                return Reply(status=status, headers=tuple(headers), body=body)

    @asynccontextmanager
    async def stream(
        self, request: Request, *, timeout_s: float = 30, idle_s: float | None = None
    ) -> AsyncGenerator[Streaming, None]:
        """Send a request; timeout_s covers the head of the reply, idle_s each wait for more."""
        with _world(f"{request.method} {self.origin.authority}{request.path}"):
            async with asyncio.timeout(timeout_s):
                connection, status, headers = await self._start(request)
        try:
            yield Streaming(status, tuple(headers), connection, idle_s)
        finally:
            await connection.close()

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _start(self, request: Request) -> tuple[_Connection, int, list[tuple[str, str]]]:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_open():
                await connection.close()
                continue
            try:
                return (connection, *await self._head(connection, request))
            except (_Stale, ConnectionError) as err:
                if request.method not in _IDEMPOTENT:
                    raise TransientError("the connection was lost before the reply") from err
        connection = await self._dial()
        try:
            return (connection, *await self._head(connection, request))
        except _Stale as err:
            raise TransientError("the server closed the connection without a reply") from err

    async def _head(
        self, connection: _Connection, request: Request
    ) -> tuple[int, list[tuple[str, str]]]:
        try:
            return await connection.head(self.origin.authority, request)
        except BaseException:
            await connection.close()
            raise

    async def _dial(self) -> _Connection:
        name = (self.origin.server_name or self.origin.host) if self._tls else None
        async with asyncio.timeout(self._dial_timeout_s):
            reader, writer = await asyncio.open_connection(
                self.origin.host, self.origin.port, ssl=self._tls, server_hostname=name
            )
        return _Connection(reader, writer)

    async def _release(self, connection: _Connection) -> None:
        if connection.reusable() and len(self._idle) < _IDLE_MAX:
            self._idle.append(connection)
        else:
            await connection.close()


class _world:  # noqa: N801 - reads as a statement: with _world("...")
    """Turns what the network does to us into TransientError."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, _: object
    ) -> None:
        if isinstance(err, TimeoutError):
            raise TransientError(f"{self._doing}: no answer in time") from err
        if isinstance(err, OSError | h11.RemoteProtocolError):
            raise TransientError(f"{self._doing}: {err}") from err
