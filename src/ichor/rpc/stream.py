"""One HTTP/2 stream as its consumer sees it: chunks with their credit, headers, trailers, the end.

The stream may leave the connection's table (both directions ended) long before its queue is read:
the queue is here, and what is read later is still credited to the connection. All it keeps is
counted in the budget, until its consumer has gone.
"""

import asyncio
from collections import deque
from typing import NamedTuple, Protocol

from ichor.rpc import budget
from ichor.rpc import engine as http
from ichor.rpc.budget import Budget
from ichor.rpc.metadata import Fields
from ichor.rpc.status import Code, RpcError

# How much one write puts into the engine before it looks again whether the transport is full.
_BURST = 64 << 10


class Chunk(NamedTuple):
    """credit: give it back with `Stream.credit` when the data has gone where it goes."""

    data: bytes
    credit: int


class Link(Protocol):
    """What a stream needs of its connection."""

    engine: http.Engine
    budget: Budget

    def flush_soon(self) -> None: ...
    def flush(self) -> None: ...
    def paused(self) -> bool: ...
    async def wait_writable(self) -> None: ...
    def release(self, stream: "Stream") -> None: ...


class Gate:
    """Wakes all that wait when something changed; each looks itself whether it was for him."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def open(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)


class Stream:
    __slots__ = (
        "_chunks",
        "_discarding",
        "_link",
        "_readable",
        "_writable",
        "failure",
        "headers",
        "held",
        "id",
        "local_end",
        "on_failure",
        "owner",
        "queued",
        "remote_end",
        "trailers",
    )

    def __init__(self, link: Link, id: int) -> None:
        self._link = link
        self.id = id
        self._chunks: deque[Chunk] = deque()
        self._readable = Gate()
        self._writable = Gate()
        self._discarding = False
        self.headers: Fields | None = None
        self.trailers: Fields | None = None
        self.failure: RpcError | None = None
        self.remote_end = False
        self.local_end = False
        self.queued = 0
        self.held = 0
        self.on_failure: asyncio.Task[None] | None = None
        self.owner: Stream | None = None

    # -- from the connection -----------------------------------------------------------------------

    def got_headers(self, fields: Fields, *, end: bool) -> None:
        if self.headers is None:
            self.headers = fields
            self.hold(budget.cost_of(fields))
        if end:
            self.trailers = fields
        self._note_end(end=end)

    def got_data(self, data: bytes, credit: int, *, end: bool) -> None:
        self.queued += credit
        if self._discarding or not data:
            self._credit(credit)
        else:
            self._chunks.append(Chunk(data, credit))
            self.hold(credit + budget.CHUNK)
        self._note_end(end=end)

    def _note_end(self, *, end: bool) -> None:
        if end:
            self.remote_end = True
            self._settle()
        self._readable.open()

    def got_room(self) -> None:
        self._writable.open()

    def stopped(self) -> None:
        """The peer has answered in full and wants to hear no more (RFC 9113, 8.1)."""
        self.local_end = True
        self._settle()
        self._writable.open()

    def fail(self, error: RpcError) -> None:
        """The stream is dead; what was received whole before may still be read."""
        self.failure = self.failure or error
        self.local_end = True
        self.remote_end = True
        self._link.release(self)
        self._readable.open()
        self._writable.open()
        if self.on_failure is not None:
            self.on_failure.cancel()

    # -- from the consumer -------------------------------------------------------------------------

    async def wait_headers(self) -> Fields:
        while self.headers is None:
            if self.failure is not None:
                raise self.failure
            await self._readable.wait()
        return self.headers

    async def read(self) -> Chunk | None:
        """Give the next chunk, None at the end. It is not credited yet, and still held."""
        while not self._chunks:
            if self.failure is not None:
                raise self.failure
            if self.remote_end:
                return None
            await self._readable.wait()
        return self._chunks.popleft()

    def drained(self) -> bool:
        """Nothing is queued and nothing more will come."""
        return self.remote_end and not self._chunks and self.failure is None

    def credit(self, count: int) -> None:
        """Open the window again for a chunk, which is no longer held.

        No more than was received and not yet credited.
        """
        self.give(count + budget.CHUNK)
        self._credit(count)

    def _credit(self, count: int) -> None:
        count = min(count, self.queued)
        self.queued -= count
        self._link.engine.credit(self.id, count)
        self._link.flush_soon()

    def send_headers(self, fields: Fields, *, end: bool = False) -> None:
        """Headers are not flow controlled. A dead stream takes and drops them."""
        if self.local_end:
            return
        self._link.engine.send_headers(self.id, fields, end=end)
        self._sent(end=end)

    async def write(self, data: bytes, *, end: bool = False) -> None:
        """Return once all is in the transport's hands; waits for windows and a full transport."""
        view, at = memoryview(data), 0
        while at < len(view) or (end and not self.local_end):
            room = await self._wait_room(len(view) - at)
            upto = at + min(room, len(view) - at, _BURST)
            last = end and upto == len(view)
            self._link.engine.send_data(self.id, bytes(view[at:upto]), end=last)
            at = upto
            self._sent(end=last)
            if self._link.engine.pending() >= _BURST:
                self._link.flush()

    async def _wait_room(self, wanted: int) -> int:
        while True:
            self._check_open()
            if self._link.paused():
                await self._link.wait_writable()
                continue
            room = self._link.engine.room(self.id)
            if room > 0 or not wanted:
                return max(room, 0)
            self._link.flush_soon()
            await self._writable.wait()

    def _check_open(self) -> None:
        if self.failure is not None:
            raise self.failure
        if self.local_end:
            raise RpcError(Code.INTERNAL, "this side of the stream has ended")

    def _sent(self, *, end: bool) -> None:
        self._link.flush_soon()
        if end:
            self.local_end = True
            self._settle()

    def _settle(self) -> None:
        if self.local_end and self.remote_end:
            self._link.release(self)

    def reset(self, code: int = http.CANCEL) -> None:
        """Give the stream up, if it still runs, and all that was not read."""
        if not (self.local_end and self.remote_end):
            self._link.engine.reset(self.id, code)
            self._link.flush_soon()
            self.failure = self.failure or RpcError(Code.CANCELLED, "the stream was given up")
            self.local_end = self.remote_end = True
            self._link.release(self)
            self._writable.open()
            self._readable.open()
        self.discard()

    def discard(self) -> None:
        """The consumer has gone: credit all that it has not, in the queue or in its hands.

        The connection's window is shared; what one stream keeps for ever, all others lack.
        """
        self._discarding = True
        self._chunks.clear()
        self.give(self.held)
        self._credit(self.queued)

    # -- the budget --------------------------------------------------------------------------------

    def hold(self, count: int) -> None:
        """Count bytes that are kept for this call until they are given, or the call is over."""
        if not self._discarding:
            self._link.budget.take(self, count)

    def give(self, count: int) -> None:
        self._link.budget.give(self, count)

    def exhaust(self) -> None:
        """End this stream for what it holds, and the call that it was opened for."""
        if self.owner is not None:
            self.owner.exhaust()
        if not (self.local_end and self.remote_end):
            self._link.engine.reset(self.id, http.CALM)
            self._link.flush_soon()
        self.fail(budget.exhausted())
        self.discard()
