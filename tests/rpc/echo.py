"""A service of the tests with all four kinds, over protobuf's own wrappers; and how to run it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from google.protobuf.wrappers_pb2 import BytesValue, Int64Value

from ichor.rpc.client import Channel
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import stream_stream, stream_unary, unary_stream, unary_unary
from ichor.rpc.method import Method
from ichor.rpc.peer import UnixTarget
from ichor.rpc.server import Server

T = TypeVar("T")

ECHO = Method("/test.Echo/Echo", BytesValue, BytesValue)
COUNT = Method("/test.Echo/Count", Int64Value, Int64Value, server_streaming=True)
SUM = Method("/test.Echo/Sum", Int64Value, Int64Value, client_streaming=True)
DOUBLE = Method(
    "/test.Echo/Double", Int64Value, Int64Value, client_streaming=True, server_streaming=True
)
PUSH = Method("/test.Echo/Push", BytesValue, BytesValue, client_streaming=True)
PULL = Method("/test.Echo/Pull", Int64Value, BytesValue, server_streaming=True)


async def echo(request: BytesValue, context: Context) -> BytesValue:
    context.send_initial_metadata([("first", "1")])
    context.set_trailing_metadata([("last-bin", b"\0\xff")])
    return request


async def count(request: Int64Value, _: Context) -> AsyncIterator[Int64Value]:
    for n in range(request.value):
        yield Int64Value(value=n)


async def total(requests: AsyncIterator[Int64Value], _: Context) -> Int64Value:
    value = 0
    async for request in requests:
        value += request.value
    return Int64Value(value=value)


async def double(requests: AsyncIterator[Int64Value], _: Context) -> AsyncIterator[Int64Value]:
    async for request in requests:
        yield Int64Value(value=2 * request.value)


async def pull(request: Int64Value, _: Context) -> AsyncIterator[BytesValue]:
    for _i in range(request.value):
        yield BytesValue(value=b"x" * 65536)


HANDLERS: dict[str, Handler] = {
    ECHO.path: unary_unary(ECHO, echo),
    COUNT.path: unary_stream(COUNT, count),
    SUM.path: stream_unary(SUM, total),
    DOUBLE.path: stream_stream(DOUBLE, double),
    PULL.path: unary_stream(PULL, pull),
}


def run(main: Awaitable[T]) -> T:
    """Run a coroutine with a limit that only a stall can reach."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await main

    return asyncio.run(bounded())


async def on_unix(path: Path, server: Server, use: Callable[[Channel], Awaitable[T]]) -> T:
    """Serve on a socket, give a channel to it, stop both."""
    async with server:
        await server.listen_unix(str(path))
        async with Channel(UnixTarget(str(path))) as channel:
            return await use(channel)
