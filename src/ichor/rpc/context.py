"""A call as its handler sees it, on the server side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from ichor.rpc import engine as http
from ichor.rpc import metadata as md
from ichor.rpc.framing import Messages, send
from ichor.rpc.metadata import Fields, Metadata
from ichor.rpc.peer import Peer
from ichor.rpc.status import Code, Pair, RpcError
from ichor.rpc.stream import Stream

_HEAD: Final[Fields] = [
    (b":status", b"200"),
    (b"content-type", b"application/grpc"),
    (b"grpc-accept-encoding", b"identity,gzip"),
]
MESSAGE_LIMIT: Final = 32 << 20
# Some clients take no more than 8 KiB of trailers in all.
_MESSAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """The request's headers, read once. timeout_s is None without grpc-timeout."""

    path: str
    authority: str
    metadata: Metadata
    timeout_s: float | None
    encoding: bytes
    fields: Fields

    @classmethod
    def parse(cls, fields: Fields) -> "Request":
        own = dict(fields)
        timeout = own.get(b"grpc-timeout")
        return cls(
            path=own.get(b":path", b"").decode("latin-1"),
            authority=own.get(b":authority", own.get(b"host", b"")).decode("latin-1"),
            metadata=md.decode(fields),
            timeout_s=None if timeout is None else md.parse_timeout(timeout),
            encoding=own.get(b"grpc-encoding", b"identity"),
            fields=fields,
        )


class Context:
    """Raw bodies in and out, metadata, peer, deadline.

    The handler's task is cancelled on reset and deadline.
    """

    def __init__(self, stream: Stream, request: Request, peer: Peer, limit: int) -> None:
        self.stream = stream
        self.request = request
        self.path = request.path
        self.authority = request.authority
        self.metadata = request.metadata
        self.peer = peer
        self.deadline: float | None = None
        if request.timeout_s is not None:
            self.deadline = asyncio.get_running_loop().time() + request.timeout_s
        self._messages = Messages(stream, limit, request.encoding)
        self._trailing: Fields = []
        self._began = False

    def time_remaining(self) -> float | None:
        """Seconds until the deadline, None without one."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    async def receive(self) -> bytes | None:
        """Give the next request body, None when the client is done."""
        return await self._messages.next()

    async def receive_one(self) -> bytes:
        """Give the only request body of a call whose client does not stream."""
        body = await self.receive()
        if body is None:
            raise RpcError(Code.INTERNAL, "the request has no message")
        if await self.receive() is not None:
            raise RpcError(Code.INTERNAL, "the request has more than one message")
        return body

    async def bodies(self) -> AsyncIterator[bytes]:
        while (body := await self.receive()) is not None:
            yield body

    def send_initial_metadata(self, pairs: Iterable[Pair] = ()) -> None:
        """Send the headers now; else they go with the first message. Only the first call counts."""
        if not self._began:
            self.begin(_HEAD + md.encode(pairs))

    def begin(self, fields: Fields) -> None:
        self._began = True
        self.stream.send_headers(fields)

    def set_trailing_metadata(self, pairs: Iterable[Pair]) -> None:
        self._trailing = md.encode(pairs)

    async def send(self, body: bytes) -> None:
        """Send one reply body; returns when it is in the transport's hands."""
        self.send_initial_metadata()
        self.stream.hold(len(body))
        await send(self.stream, body)
        self.stream.give(len(body))

    def abort(self, code: Code, message: str = "", *, details: bytes = b"") -> NoReturn:
        raise RpcError(code, message, details=details)

    def finish(self, error: RpcError | None) -> None:
        """Send the status; what the client still sends is not wanted any more."""
        fields = status_fields(error) + self._trailing
        if error is not None:
            fields += [field for pair in error.trailers for field in _if_valid(pair)]
        self.end(fields)

    def end(self, fields: Fields) -> None:
        """Send these trailers, with the head before them if nothing was sent yet."""
        self.stream.send_headers(fields if self._began else [*_HEAD, *fields], end=True)
        if not self.stream.remote_end:
            self.stream.reset(http.NO_ERROR)
        self.stream.discard()


def _if_valid(pair: Pair) -> Fields:
    try:
        return md.encode([pair])
    except ValueError:  # an error must reach the caller, whatever hangs on it
        return []


def status_fields(error: RpcError | None) -> Fields:
    if error is None:
        return [(b"grpc-status", b"0")]
    fields = [(b"grpc-status", b"%d" % error.code)]
    if error.message:
        fields.append((b"grpc-message", md.quote(error.message[:_MESSAGE])))
    if error.details:
        fields.append(md.binary_field(b"grpc-status-details-bin", error.details))
    return fields


Handler: TypeAlias = Callable[[Context], Awaitable[None]]
Interceptor: TypeAlias = Callable[[Context, Handler], Awaitable[None]]
