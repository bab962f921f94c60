"""Typed handlers: one function for each of the four kinds turns ours into a raw one.

Server({m.path: unary_unary(m, version) ...})
"""

from collections.abc import AsyncIterator, Awaitable, Callable

from ichor.rpc.context import Context, Handler
from ichor.rpc.method import Method, Q, R, parse


def unary_unary(method: Method[Q, R], call: Callable[[Q, Context], Awaitable[R]]) -> Handler:
    async def handler(context: Context) -> None:
        request = parse(method.request, await context.receive_one())
        await context.send((await call(request, context)).SerializeToString())

    return handler


def unary_stream(method: Method[Q, R], call: Callable[[Q, Context], AsyncIterator[R]]) -> Handler:
    async def handler(context: Context) -> None:
        request = parse(method.request, await context.receive_one())
        await _send_all(context, call(request, context))

    return handler


def stream_unary(
    method: Method[Q, R], call: Callable[[AsyncIterator[Q], Context], Awaitable[R]]
) -> Handler:
    async def handler(context: Context) -> None:
        reply = await call(_requests(method, context), context)
        await context.send(reply.SerializeToString())

    return handler


def stream_stream(
    method: Method[Q, R], call: Callable[[AsyncIterator[Q], Context], AsyncIterator[R]]
) -> Handler:
    async def handler(context: Context) -> None:
        await _send_all(context, call(_requests(method, context), context))

    return handler


async def _requests(method: Method[Q, R], context: Context) -> AsyncIterator[Q]:
    async for body in context.bodies():
        yield parse(method.request, body)


async def _send_all(context: Context, replies: AsyncIterator[R]) -> None:
    async for reply in replies:
        await context.send(reply.SerializeToString())
