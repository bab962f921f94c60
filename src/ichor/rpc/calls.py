"""From a new stream to a handler's task and its status.

A call's task is cancelled when the client resets the stream, the connection is lost, the deadline
passes, or the server loses patience at stopping.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from ichor.log import fields as log_fields
from ichor.log import logger
from ichor.rpc import engine as http
from ichor.rpc.context import Context, Handler, Interceptor, Request, status_fields
from ichor.rpc.metadata import Fields
from ichor.rpc.peer import Peer
from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Stream

_log = logger(__name__)


class Calls:
    def __init__(
        self,
        handlers: Mapping[str, Handler],
        unknown: Handler | None,
        interceptors: Sequence[Interceptor],
        message_limit: int,
    ) -> None:
        self._handlers = handlers
        self._unknown = unknown or _unimplemented
        self._interceptors = tuple(interceptors)
        self._message_limit = message_limit
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()

    def start(self, stream: Stream, peer: Peer, refused: RpcError | None) -> None:
        head = stream.headers or []
        refusal = _http_refusal(head)
        if refusal:
            stream.send_headers([(b":status", refusal)], end=True)
            stream.reset(http.NO_ERROR)
            return
        try:
            request = Request.parse(head)
            if refused is not None:
                raise refused
        except RpcError as error:
            fields = [(b":status", b"200"), (b"content-type", b"application/grpc")]
            stream.send_headers(fields + status_fields(error), end=True)
            stream.reset(http.NO_ERROR)
            return
        context = Context(stream, request, peer, self._message_limit)
        task = asyncio.get_running_loop().create_task(self._run(context))
        stream.on_failure = task
        self._running.add(task)
        task.add_done_callback(partial(self._ended, stream))

    def _ended(self, stream: Stream, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        stream.discard()  # also of a task cancelled before its first step

    async def _run(self, context: Context) -> None:
        error = await self._outcome(context)
        context.stream.on_failure = None
        if context.stream.failure is None:
            context.finish(error)

    async def _outcome(self, context: Context) -> RpcError | None:
        limit = asyncio.timeout_at(context.deadline)
        try:
            async with limit:
                await self._handler(context.path)(context)
        except RpcError as error:
            return error
        except asyncio.CancelledError:
            return self._cancelled(context)
        except Exception:  # noqa: BLE001 - logged below; any failure must end in a status
            if limit.expired():
                return RpcError(Code.DEADLINE_EXCEEDED, "the deadline has passed")
            # The caller must get an answer; what went wrong stays in the log.
            _log.exception("handler failed", extra=log_fields(method=context.path))
            return RpcError(Code.UNKNOWN, "the handler failed")
        return None

    def _cancelled(self, context: Context) -> RpcError:
        """The task's end is the answer to its cancellation; nobody awaits it for its result."""
        code = Code.UNAVAILABLE if self._stopping else Code.CANCELLED
        return context.stream.failure or RpcError(code, "the call was cancelled")

    def _handler(self, path: str) -> Handler:
        handler = self._handlers.get(path, self._unknown)
        for interceptor in reversed(self._interceptors):
            handler = partial(_intercepted, interceptor, handler)
        return handler

    async def stop(self, grace_s: float) -> None:
        """Wait for the running calls, then cancel them."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace_s)
        self._stopping = True
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _intercepted(interceptor: Interceptor, handler: Handler, context: Context) -> None:
    await interceptor(context, handler)


async def _unimplemented(context: Context) -> None:
    context.abort(Code.UNIMPLEMENTED, f"unknown method {context.path}")


def _http_refusal(fields: Fields) -> bytes:
    """What plain HTTP answers to a request that is no gRPC; empty if it is."""
    own = dict(fields)
    if own.get(b":method") != b"POST":
        return b"405"
    kind = own.get(b"content-type", b"")
    if kind != b"application/grpc" and not kind.startswith(
        (b"application/grpc+", b"application/grpc;")
    ):
        return b"415"
    return b""
