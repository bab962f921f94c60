"""A call as its client sees it: raw bodies, headers, status. Typed forms are in client.py."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from types import TracebackType
from typing import Generic, TypeVar

from ichor.rpc import engine as http
from ichor.rpc import metadata as md
from ichor.rpc.framing import Messages, send
from ichor.rpc.metadata import Fields, Metadata
from ichor.rpc.method import Method, Q, R, parse
from ichor.rpc.status import FROM_HTTP, Code, RpcError
from ichor.rpc.stream import Stream

_T = TypeVar("_T")


class OutCall:
    """One started call. deadline is in the loop's time."""

    def __init__(self, stream: Stream, limit: int, deadline: float | None) -> None:
        self.stream = stream
        self._limit = limit
        self._deadline = deadline
        self._messages: Messages | None = None
        self._done = False
        self.trailers = Metadata()

    async def headers(self) -> Metadata:
        """Wait for the server's initial metadata."""
        return md.decode(await self._timed(self.stream.wait_headers()))

    async def send(self, body: bytes, *, end: bool = False) -> None:
        """Raises the server's status where it has ended the call already."""
        try:
            await self._timed(send(self.stream, body, end=end))
        except RpcError:
            if self.stream.trailers is not None:
                self._finish()
            raise

    async def done(self) -> None:
        """Say that no more is sent."""
        if not self.stream.local_end:
            await self._timed(self.stream.write(b"", end=True))

    async def receive(self) -> bytes | None:
        """Give the next reply; None when the server ended with OK, else RpcError."""
        return await self._timed(self._receive())

    async def _receive(self) -> bytes | None:
        if self._messages is None:
            fields = await self.stream.wait_headers()
            check_http(fields)
            encoding = dict(fields).get(b"grpc-encoding", b"identity")
            self._messages = Messages(self.stream, self._limit, encoding)
        body = await self._messages.next()
        if body is None:
            self._finish()
        return body

    def _finish(self) -> None:
        self._done = True
        fields = self.stream.trailers or []
        self.trailers = md.decode(fields)
        error = status_of(fields, self.trailers)
        if error is not None:
            raise error

    async def _timed(self, what: Awaitable[_T]) -> _T:
        if self._deadline is None:
            return await what
        try:
            async with asyncio.timeout_at(self._deadline):
                return await what
        except TimeoutError:
            self.cancel()
            raise RpcError(Code.DEADLINE_EXCEEDED, "the deadline has passed") from None

    def cancel(self) -> None:
        """Give the call up; does nothing to one that has ended."""
        self.stream.reset(http.CANCEL)

    def close(self) -> None:
        if not self._done:
            self.cancel()
        self.stream.discard()


class ClientStream(Generic[Q, R]):
    """A streaming call: `async with channel.stream(...) as s`, send, done, iterate."""

    def __init__(self, method: Method[Q, R], start: Awaitable[OutCall]) -> None:
        self._method = method
        self._start = start
        self._call: OutCall | None = None

    async def __aenter__(self) -> "ClientStream[Q, R]":
        self._call = await self._start
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.call.close()

    @property
    def call(self) -> OutCall:
        if self._call is None:
            raise RuntimeError("use the stream with `async with`")
        return self._call

    @property
    def trailers(self) -> Metadata:
        return self.call.trailers

    async def headers(self) -> Metadata:
        return await self.call.headers()

    async def send(self, message: Q) -> None:
        await self.call.send(message.SerializeToString())

    async def done(self) -> None:
        await self.call.done()

    async def receive(self) -> R | None:
        body = await self.call.receive()
        return None if body is None else parse(self._method.response, body)

    async def __aiter__(self) -> AsyncIterator[R]:
        while (message := await self.receive()) is not None:
            yield message


def check_http(fields: Fields) -> None:
    """Refuse a response that is no gRPC."""
    own = dict(fields)
    status = own.get(b":status", b"")
    if status != b"200":
        code = FROM_HTTP.get(int(status), Code.UNKNOWN) if status.isdigit() else Code.INTERNAL
        raise RpcError(code, f"HTTP status {status.decode('latin-1')}")
    if not own.get(b"content-type", b"").startswith(b"application/grpc"):
        raise RpcError(Code.UNKNOWN, "the answer is no gRPC")


def status_of(fields: Fields, trailers: Metadata) -> RpcError | None:
    """Read the status out of trailers; None is OK."""
    own = dict(fields)
    text = own.get(b"grpc-status")
    if text is None:
        return RpcError(Code.UNKNOWN, "the answer has no grpc-status", trailers=trailers)
    code = Code.parse(text.decode("latin-1"))
    if code is Code.OK:
        return None
    details = own.get(b"grpc-status-details-bin")
    return RpcError(
        code,
        md.unquote(own.get(b"grpc-message", b"")),
        details=b"" if details is None else md.unbase64(details),
        trailers=trailers,
    )
