"""One HTTP/2 connection: moves bytes between wire and engine, events to their streams.

Writes of one turn of the loop leave in one piece: a unary reply is one packet.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from ichor.log import fields, logger
from ichor.rpc import engine as http
from ichor.rpc.budget import Budget
from ichor.rpc.peer import Peer
from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Gate, Stream
from ichor.rpc.wire import Wire

_log = logger(__name__)

# HTTP/2 reset codes that mean something in gRPC (PROTOCOL-HTTP2.md, «Errors»); else INTERNAL.
_RESET: Final = {
    0x0: Code.INTERNAL,
    0x7: Code.UNAVAILABLE,
    0x8: Code.CANCELLED,
    0xB: Code.RESOURCE_EXHAUSTED,
    0xC: Code.PERMISSION_DENIED,
}


class Connection:
    """accept: given on the server side, called with each new stream; on the client side None."""

    def __init__(
        self,
        limits: http.Limits,
        *,
        budget: Budget | None = None,
        accept: Callable[["Connection", Stream], None] | None = None,
        context: ssl.SSLContext | None = None,
        name: str | None = None,
        on_opened: Callable[["Connection"], None] | None = None,
        on_lost: Callable[["Connection"], None] | None = None,
    ) -> None:
        self._limits = limits
        self.budget = budget or Budget()
        self._accept = accept
        self._on_opened = on_opened
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self.engine = http.Engine(client=accept is None, limits=limits)
        self.wire = Wire(self, context, server=accept is not None, name=name)
        self.streams: dict[int, Stream] = {}
        self.peer: Peer | None = None
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.draining = False
        self.error: Exception | None = None
        self._flushing = False
        self._drained = Gate()
        self._slots = Gate()
        self._last_heard = self._loop.time()
        self._keepalive: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._opened = 0
        self._settled = False
        self.gone: asyncio.Future[None] = self._loop.create_future()

    # -- the wire's side -------------------------------------------------------------------------

    def opened(self, peer: Peer) -> None:
        self.peer = peer
        if self._on_opened is not None:
            self._on_opened(self)
        self.flush()

    def received(self, data: bytes) -> None:
        self._last_heard = self._loop.time()
        for event in self.engine.receive(data, self._last_heard):
            self._dispatch(event)
        self.flush()

    def lost(self, error: Exception | None) -> None:
        self.error = self.error or error
        self.draining = True
        for timer in (self._keepalive, self._resting):
            if timer is not None:
                timer.cancel()
        failure = self.failure()
        for stream in list(self.streams.values()):
            stream.fail(failure)
        if not self.ready.done():
            self.ready.set_exception(self.error or ConnectionError("closed by the peer"))
            self.ready.exception()  # nobody need have waited
        self._drained.open()
        self._slots.open()
        if not self.gone.done():
            self.gone.set_result(None)
        if self._on_lost is not None:
            self._on_lost(self)

    def drained(self) -> None:
        self._drained.open()

    def failure(self) -> RpcError:
        why = f": {self.error}" if self.error else ""
        return RpcError(Code.UNAVAILABLE, f"the connection is gone{why}")

    # -- events ----------------------------------------------------------------------------------

    def _dispatch(self, event: http.Event) -> None:
        match event:
            case http.Headers():
                self._on_headers(event)
            case http.Data(stream, data, credit, end):
                self._on_data(stream, data, credit, end=end)
            case http.Reset(stream, code):
                self._on_reset(stream, code)
            case http.Window(stream):
                self._on_window(stream)
            case http.Settled():
                self._on_settled()
            case http.Away(last, code, reason):
                self._on_away(last, code, reason)
            case http.Fault(code, reason):
                self._on_fault(code, reason)
            case http.Pong():
                pass

    def _on_headers(self, event: http.Headers) -> None:
        stream = self.streams.get(event.stream)
        if stream is not None:
            stream.got_headers(event.fields, end=event.end)
        elif self._accept is not None and not self.wire.closed:
            if self.draining:
                self.engine.reset(event.stream, http.REFUSED)
                return
            stream = self.streams[event.stream] = Stream(self, event.stream)
            stream.got_headers(event.fields, end=event.end)
            if stream.failure is None:
                self._accept(self, stream)

    def _on_data(self, id: int, data: bytes, credit: int, *, end: bool) -> None:
        stream = self.streams.get(id)
        if stream is None:
            self.engine.credit(id, credit)
        else:
            stream.got_data(data, credit, end=end)

    def _on_reset(self, id: int, code: int) -> None:
        stream = self.streams.get(id)
        if stream is None:
            return
        if code == http.NO_ERROR and stream.trailers is not None:
            stream.stopped()
            return
        kind = _RESET.get(code, Code.INTERNAL)
        stream.fail(RpcError(kind, f"the stream was reset ({code:#x})", unprocessed=code == 7))

    def _on_window(self, id: int) -> None:
        if id:
            stream = self.streams.get(id)
            if stream is not None:
                stream.got_room()
        else:
            for stream in list(self.streams.values()):
                stream.got_room()

    def _on_settled(self) -> None:
        self._settled = True
        if not self.ready.done():
            self.ready.set_result(None)
        self._slots.open()

    def _on_away(self, last: int, code: int, reason: bytes) -> None:
        self.draining = True
        if code:
            self.error = ConnectionError(f"GOAWAY {code:#x} {reason[:200]!r}")
        if self._accept is None:
            why = RpcError(Code.UNAVAILABLE, "the server is going away", unprocessed=True)
            for stream in [s for s in self.streams.values() if s.id > last]:
                stream.fail(why)
        self._slots.open()
        self._close_if_idle()

    def _on_fault(self, code: int, reason: str) -> None:
        _log.info("connection broken by the peer", extra=fields(code=code, reason=reason))
        self.error = ConnectionError(f"broken HTTP/2: {reason}")
        self.flush()
        self.wire.close(heard=True)

    # -- the streams' side -----------------------------------------------------------------------

    def paused(self) -> bool:
        return self.wire.paused

    async def wait_writable(self) -> None:
        while self.wire.paused:
            await self._drained.wait()

    def flush_soon(self) -> None:
        if not self._flushing and not self.wire.closed:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        self._flushing = False
        data = self.engine.take()
        if data:
            self.wire.write(data)

    def release(self, stream: Stream) -> None:
        """Both directions ended: the stream leaves the table, its queue stays with its reader."""
        if self.streams.pop(stream.id, None) is not None:
            self.engine.forget(stream.id)
            self._slots.open()
            self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self.draining and not self.streams and not self.wire.closed:
            self._loop.call_soon(self._close_now)

    def _close_now(self) -> None:
        if not self.streams:
            self.flush()
            self.wire.close(heard=self._accept is not None)

    # -- life --------------------------------------------------------------------------------------

    def usable(self) -> bool:
        return not self.draining and not self.wire.closed

    async def open(self, headers: list[tuple[bytes, bytes]]) -> Stream | None:
        """Start a stream when the peer allows one more; None when it will allow no more."""
        while self.usable() and not self.engine.may_open():
            await self._slots.wait()
        if not self.usable():
            return None
        try:
            id = self.engine.open(headers, end=False)
        except LookupError:  # all identifiers are used up
            self.draining = True
            return None
        stream = self.streams[id] = Stream(self, id)
        self._opened += 1
        self.flush_soon()
        return stream

    def drain(self, code: int = http.NO_ERROR, *, limit_s: float | None = None) -> None:
        """Take no new streams; close when the running ones have ended, or after `limit_s`."""
        if not self.draining:
            self.draining = True
            self.engine.go_away(code)
            self.flush()
        self._close_if_idle()
        if limit_s is not None:
            late = TimeoutError("a call outlived its connection")
            timer = self._loop.call_later(limit_s, self.wire.fail, late)
            self.gone.add_done_callback(lambda _: timer.cancel())

    def rest_after(self, idle_s: float, opened: int = -1) -> None:
        """Drain once no stream ran or was opened from one look to the next, `idle_s` later."""
        if not self.streams and self._opened == opened:
            self.drain()
        if self.usable():
            self._resting = self._loop.call_later(idle_s, self.rest_after, idle_s, self._opened)

    def close(self) -> None:
        """End all streams and say good-bye."""
        self.draining = True
        why = RpcError(Code.CANCELLED, "the channel was closed")
        for stream in list(self.streams.values()):
            stream.reset(http.CANCEL)
            stream.fail(why)
        self.flush()
        self.wire.close()

    def abort(self) -> None:
        self.draining = True
        self.wire.abort()

    def keep_alive(self, every_s: float, timeout_s: float, *, idle: bool) -> None:
        """Ping a peer not heard of for `every_s`, drop a mute one; idle: also without calls."""
        if self.wire.closed:
            return
        silent = self._loop.time() - self._last_heard
        if silent >= every_s + timeout_s:
            self.wire.fail(TimeoutError("no answer to a ping"))
            return
        if silent >= every_s and (idle or self.streams):
            self.engine.ping(b"ichor\0\0\0")
            self.flush()
            delay = timeout_s
        else:
            delay = max(every_s - silent, 0.001) if silent < every_s else every_s
            if silent >= every_s:
                self._last_heard = self._loop.time()  # idle on purpose: count from now
        self._keepalive = self._loop.call_later(
            delay, lambda: self.keep_alive(every_s, timeout_s, idle=idle)
        )
