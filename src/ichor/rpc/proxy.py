"""Calls passed on as bytes: to one backend chunk by chunk, or to several message by message.

    client ─► Context ─► director ─► One(backend)     chunks, headers and trailers as they are
                                 └─► Many(backends)   replies labelled; a failure is one too

A source is credited only after the sink's write, so a slow reader stops its backend, and what waits
here is one window a stream, and the budget in sum. Unary replies are joined: joined protobuf bodies
are merged messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ichor.rpc.client import Channel
from ichor.rpc.context import Context, Handler
from ichor.rpc.outcall import OutCall, check_http
from ichor.rpc.status import Code, Pair, RpcError
from ichor.rpc.stream import Stream

# Said by either end about the bodies, which pass as they are.
_ABOUT_BODIES: Final = (b"grpc-encoding", b"grpc-accept-encoding")


@dataclass(frozen=True, slots=True)
class Backend:
    """name: as the client knows it; metadata: all that this backend shall get."""

    name: str
    channel: Channel
    metadata: Sequence[Pair] = ()


@dataclass(frozen=True, slots=True)
class One:
    backend: Backend


@dataclass(frozen=True, slots=True)
class Many:
    """label: makes a backend's reply one of the joint answer; failed: makes one of a failure."""

    backends: Sequence[Backend]
    streaming: bool
    label: Callable[[Backend, bytes], bytes]
    failed: Callable[[Backend, RpcError], bytes]


Route: TypeAlias = One | Many
Director: TypeAlias = Callable[[Context], Awaitable[Route]]


def proxy(director: Director) -> Handler:
    """Make a handler, for Server(unknown=...). The director refuses by raising RpcError."""

    async def handler(context: Context) -> None:
        route = await director(context)
        if isinstance(route, One):
            await forward(context, route.backend)
        elif route.streaming:
            await _Spread(context, route).run()
        else:
            await _gather(context, route)

    return handler


# -- one to one -----------------------------------------------------------------------------------


async def forward(context: Context, backend: Backend) -> None:
    """Pass a call of any kind to one backend, and its answer back, untouched."""
    about = [pair for pair in context.request.fields if pair[0] in _ABOUT_BODIES]
    call = await backend.channel.start(
        context.path, metadata=backend.metadata, timeout_s=context.time_remaining(), about=about
    )
    call.stream.owner = context.stream
    try:
        if context.stream.remote_end:  # the whole request is here: no second task
            await _up(context.stream, call.stream)
            await _down(call.stream, context)
            return
        up = asyncio.get_running_loop().create_task(_up(context.stream, call.stream))
        try:
            await _down(call.stream, context)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
    finally:
        call.close()


async def _up(source: Stream, sink: Stream) -> None:
    """Pass the request on; a backend that wants no more of it says the rest in its answer."""
    try:
        await pump(source, sink)
        if not sink.local_end:
            await sink.write(b"", end=True)
    except RpcError:
        if sink.failure is None and not sink.local_end:
            raise


async def _down(source: Stream, context: Context) -> None:
    fields = await source.wait_headers()
    check_http(fields)
    if fields is not source.trailers:
        context.begin([field for field in fields if field[0] != b"trailer"])
        await pump(source, context.stream, may_end=False)
    trailers = source.trailers
    if trailers is None:
        raise RpcError(Code.INTERNAL, "the backend's answer has no trailers")
    context.end(trailers if fields is not trailers else _without_head(trailers))


def _without_head(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    head = (b":status", b"content-type", b"grpc-accept-encoding")
    return [field for field in fields if field[0] not in head]


async def pump(source: Stream, sink: Stream, *, may_end: bool = True) -> None:
    """Move chunks to the end of the source; may_end: let the last one end the sink."""
    while (chunk := await source.read()) is not None:
        await sink.write(chunk.data, end=may_end and source.drained())
        source.credit(chunk.credit)


# -- one to many ----------------------------------------------------------------------------------


async def _gather(context: Context, route: Many) -> None:
    body = await context.receive_one()
    replies = await asyncio.gather(*(_ask(context, route, one, body) for one in route.backends))
    await context.send(b"".join(replies))


async def _ask(context: Context, route: Many, backend: Backend, body: bytes) -> bytes:
    try:
        reply = await backend.channel.raw_unary(
            context.path, body, metadata=backend.metadata, timeout_s=context.time_remaining()
        )
        context.stream.hold(len(reply))  # until all have answered
        return route.label(backend, reply)
    except RpcError as error:
        return route.failed(backend, error)


class _Leg:
    """One backend of a spread call: it gets the requests at its own start and pace."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.requests: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self.call: asyncio.Future[OutCall] = asyncio.get_running_loop().create_future()

    async def feed(self, context: Context) -> None:
        """Start the call and send the requests; once it has failed, only take them."""
        try:
            call = await self.backend.channel.start(
                context.path,
                metadata=self.backend.metadata,
                timeout_s=context.time_remaining(),
            )
            call.stream.owner = context.stream
            self.call.set_result(call)
            while (body := await self.requests.get()) is not None:
                await call.send(body)
            await call.done()
        except RpcError as error:  # of a call that runs, `_down` hears itself
            if not self.call.done():
                self.call.set_exception(error)
            while await self.requests.get() is not None:
                pass

    def close(self) -> None:
        if self.call.done() and not self.call.cancelled() and self.call.exception() is None:
            self.call.result().close()


class _Spread:
    """One streaming call on several backends: requests to all, replies as they come."""

    def __init__(self, context: Context, route: Many) -> None:
        self._context = context
        self._route = route
        self._legs = [_Leg(backend) for backend in route.backends]
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                feeds = [group.create_task(leg.feed(self._context)) for leg in self._legs]
                up = group.create_task(self._up())
                await asyncio.gather(*(self._down(leg) for leg in self._legs))
                for task in (up, *feeds):
                    task.cancel()
        except* RpcError as errors:  # of the client's own making
            raise errors.exceptions[0] from None
        finally:
            for leg in self._legs:
                leg.close()

    async def _up(self) -> None:
        body: bytes | None = b""
        while body is not None:
            body = await self._context.receive()
            for leg in self._legs:
                await leg.requests.put(body)

    async def _down(self, leg: _Leg) -> None:
        try:
            call = await leg.call
            while (body := await call.receive()) is not None:
                await self._send(self._route.label(leg.backend, body))
        except RpcError as error:
            if self._context.stream.failure is None:
                await self._send(self._route.failed(leg.backend, error))

    async def _send(self, body: bytes) -> None:
        async with self._one_at_a_time:  # a long message is written in several steps
            await self._context.send(body)
