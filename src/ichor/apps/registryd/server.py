"""The registry on its sockets: HTTP/1.1 by h11, bounded in time, memory and connections.

A head of a request must be there, whole, within HEAD_S; a client that does not read is let go after
STALL_S. A blob goes out piece by piece, as fast as it is taken, and is hashed on the way: of one
that is not what its name says the last piece is never sent, so nobody takes it for whole.
"""

import asyncio
import hashlib
import os
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final

import h11

from ichor.apps.registryd.answer import Part, Whole, answer, refuse
from ichor.apps.registryd.library import Library
from ichor.log import fields, logger
from ichor.rpc.listening import stop_listening

HEAD_S: Final = 30.0
STALL_S: Final = 30.0
CONNECTIONS: Final = 64
_HEAD: Final = 16 << 10
_PIECE: Final = 256 << 10
_log = logger(__name__)


class DamagedError(Exception):
    """A blob is not what its name says."""


class Registry:
    """listen() once; close() in the end."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._readers = ThreadPoolExecutor(2, "blobs")  # so that a slow disk does not stop us
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: dict[asyncio.Task[None], None] = {}  # between requests, longest first

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Serve; gives the port, which the kernel chooses for 0."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=_HEAD, ssl=tls)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._readers.shutdown()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        if len(self._tasks) >= CONNECTIONS and not self._make_room():
            writer.transport.abort()
            return
        self._tasks.add(task)
        writer.transport.set_write_buffer_limits(high=_PIECE)
        try:
            with suppress(OSError):  # a timeout is one
                await _Connection(reader, writer, self).serve()
        except DamagedError as err:
            _log.error("a blob is damaged", extra=fields(digest=str(err)))
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def _make_room(self) -> bool:
        """Let go who has been idle longest; who is being served stays."""
        idle = next(iter(self._idle), None)
        if idle is None:
            return False
        self._tasks.discard(idle)
        del self._idle[idle]
        idle.cancel()
        return True

    @contextmanager
    def idling(self) -> Iterator[None]:
        task = asyncio.current_task()
        if task is not None:
            self._idle[task] = None
        try:
            yield
        finally:
            if task is not None:
                self._idle.pop(task, None)

    async def answer(self, method: str, target: str, wanted: str) -> Whole | Part:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._readers, answer, self._library, method, target, wanted
        )

    async def piece(self, blob: "_Reading") -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._readers, blob.piece)


class _Reading:
    """A part of a blob, piece by piece."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._offset = part.span.first
        self._total = hashlib.sha256()

    def piece(self) -> bytes:
        """Give the next, empty at the end. Raises DamagedError instead of giving a wrong last."""
        part, last = self._part, self._part.span.last
        if self._offset == last:
            return b""
        piece = os.pread(part.fd, min(_PIECE, last - self._offset), self._offset)
        self._offset += len(piece)
        self._total.update(piece)
        is_last = self._offset == last and part.digest
        if not piece or (is_last and f"sha256:{self._total.hexdigest()}" != part.digest):
            raise DamagedError(part.digest)
        return piece


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, registry: Registry
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._registry = registry
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)

    async def serve(self) -> None:
        try:
            while (request := await self._request()) is not None:
                await self._respond(request)
                if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                    return
                self._h11.start_next_cycle()
        except h11.RemoteProtocolError as err:
            if self._h11.our_state is h11.IDLE:
                await self._whole(refuse(err.error_status_hint, "UNSUPPORTED", str(err)), "GET")

    async def _request(self) -> h11.Request | None:
        """Read a head; None if the client is gone."""
        async with asyncio.timeout(HEAD_S):
            while True:
                event = self._h11.next_event()
                if isinstance(event, h11.Request):
                    return event
                if isinstance(event, h11.ConnectionClosed):
                    return None
                if event is h11.NEED_DATA:
                    with self._registry.idling():
                        data = await self._reader.read(_HEAD)
                    self._h11.receive_data(data)

    async def _respond(self, request: h11.Request) -> None:
        method = request.method.decode("ascii")
        if not isinstance(self._h11.next_event(), h11.EndOfMessage):
            # Nothing that is asked here has a body; the answer ends the connection.
            await self._whole(refuse(413, "UNSUPPORTED", "a request has no body here"), method)
            return
        ranges = (value.decode("latin1") for name, value in request.headers if name == b"range")
        found = await self._registry.answer(
            method, request.target.decode("ascii"), next(ranges, "")
        )
        if isinstance(found, Whole):
            await self._whole(found, method)
        else:
            try:
                await self._part(found, method)
            finally:
                os.close(found.fd)

    async def _whole(self, found: Whole, method: str) -> None:
        await self._send(h11.Response(status_code=found.status, headers=[*found.headers]))
        if method != "HEAD":
            await self._send(h11.Data(data=found.body))
        await self._send(h11.EndOfMessage())

    async def _part(self, part: Part, method: str) -> None:
        await self._send(h11.Response(status_code=part.status, headers=[*part.headers]))
        blob = _Reading(part)
        while method != "HEAD" and (piece := await self._registry.piece(blob)):
            await self._send(h11.Data(data=piece))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        self._writer.write(self._h11.send(event) or b"")
        async with asyncio.timeout(STALL_S):
            await self._writer.drain()
