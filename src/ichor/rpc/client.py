"""The client: a channel to one or several endpoints.

Calls fail at once with UNAVAILABLE while no endpoint answers, unless wait_for_ready is given.
A unary call that surely was not started by the server is sent once more.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Self

from ichor.rpc import metadata as md
from ichor.rpc.budget import Budget
from ichor.rpc.connection import Connection
from ichor.rpc.context import MESSAGE_LIMIT
from ichor.rpc.dial import DialOptions, Endpoint
from ichor.rpc.metadata import Fields
from ichor.rpc.method import Method, Q, R, parse
from ichor.rpc.outcall import ClientStream, OutCall
from ichor.rpc.peer import Target
from ichor.rpc.status import Code, Pair, RpcError

_ABOUT: Final[Fields] = [(b"grpc-accept-encoding", b"identity,gzip")]


class Channel:
    """Connects when first used; several targets are used in turn.

    authority: overrides `:authority`. budget: that of the callers it works for.
    """

    def __init__(
        self,
        target: Target | Sequence[Target],
        *,
        options: DialOptions | None = None,
        budget: Budget | None = None,
        message_limit: int = MESSAGE_LIMIT,
        authority: str | None = None,
        user_agent: str = "ichor",
    ) -> None:
        targets = target if isinstance(target, Sequence) else (target,)
        self._endpoints = [Endpoint(one, options or DialOptions(), budget) for one in targets]
        self._next = 0
        self._limit = message_limit
        self._authority = authority
        self._agent = user_agent.encode()

    async def unary(
        self,
        method: Method[Q, R],
        request: Q,
        *,
        metadata: Iterable[Pair] = (),
        timeout_s: float | None = None,
        wait_for_ready: bool = False,
    ) -> R:
        """Call a method of which neither side streams."""
        body = await self.raw_unary(
            method.path,
            request.SerializeToString(),
            metadata=metadata,
            timeout_s=timeout_s,
            wait_for_ready=wait_for_ready,
        )
        return parse(method.response, body)

    async def raw_unary(
        self,
        path: str,
        body: bytes,
        *,
        metadata: Iterable[Pair] = (),
        timeout_s: float | None = None,
        wait_for_ready: bool = False,
    ) -> bytes:
        metadata = tuple(metadata)
        deadline = deadline_of(timeout_s)
        try:
            return await self._raw_unary(path, body, metadata, deadline, wait=wait_for_ready)
        except RpcError as error:
            if not error.unprocessed or error.code is not Code.UNAVAILABLE:
                raise
            if not any(endpoint.resting() is None for endpoint in self._endpoints):
                raise
        return await self._raw_unary(path, body, metadata, deadline, wait=wait_for_ready)

    async def _raw_unary(
        self,
        path: str,
        body: bytes,
        metadata: tuple[Pair, ...],
        deadline: float | None,
        *,
        wait: bool,
    ) -> bytes:
        call = await self._start(path, metadata, deadline, wait=wait)
        try:
            await _send_only(call, body)
            reply = await call.receive()
            if reply is None:
                raise RpcError(Code.INTERNAL, "the answer has no message")
            if await call.receive() is not None:
                raise RpcError(Code.INTERNAL, "the answer has more than one message")
            return reply
        finally:
            call.close()

    def stream(
        self,
        method: Method[Q, R],
        *,
        metadata: Iterable[Pair] = (),
        timeout_s: float | None = None,
        wait_for_ready: bool = False,
    ) -> ClientStream[Q, R]:
        """Call a method of which any side streams."""
        start = self.start(
            method.path, metadata=metadata, timeout_s=timeout_s, wait_for_ready=wait_for_ready
        )
        return ClientStream(method, start)

    async def start(
        self,
        path: str,
        *,
        metadata: Iterable[Pair] = (),
        timeout_s: float | None = None,
        wait_for_ready: bool = False,
        about: Sequence[tuple[bytes, bytes]] = _ABOUT,
    ) -> OutCall:
        """Start a raw call; close() it in the end. about: headers that describe raw bodies."""
        deadline = deadline_of(timeout_s)
        return await self._start(path, tuple(metadata), deadline, wait=wait_for_ready, about=about)

    async def _start(
        self,
        path: str,
        metadata: tuple[Pair, ...],
        deadline: float | None,
        *,
        wait: bool,
        about: Sequence[tuple[bytes, bytes]] = _ABOUT,
    ) -> OutCall:
        try:
            async with asyncio.timeout_at(deadline):
                while True:
                    endpoint, connection = await self._pick(wait=wait)
                    fields = self._fields(path, metadata, deadline, endpoint.target)
                    stream = await connection.open([*fields, *about])
                    if stream is not None:
                        return OutCall(stream, self._limit, deadline)
        except TimeoutError:
            raise RpcError(Code.DEADLINE_EXCEEDED, "the deadline passed while connecting") from None

    async def _pick(self, *, wait: bool) -> tuple[Endpoint, Connection]:
        """Give the next endpoint that is connected or can be; wait: until there is one."""
        while True:
            error: RpcError | None = None
            for _ in self._endpoints:
                endpoint = self._endpoints[self._next]
                self._next = (self._next + 1) % len(self._endpoints)
                error = endpoint.resting()
                if error is None:
                    try:
                        return endpoint, await endpoint.connection()
                    except RpcError as failure:
                        error = failure
            if not wait:
                raise error or RpcError(Code.UNAVAILABLE, "no endpoint")
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.01, min(e.retry_at for e in self._endpoints) - now))

    def _fields(
        self, path: str, metadata: tuple[Pair, ...], deadline: float | None, target: Target
    ) -> Fields:
        authority = self._authority or target.authority
        fields = [
            (b":method", b"POST"),
            (b":scheme", b"http" if getattr(target, "tls", None) is None else b"https"),
            (b":path", path.encode()),
            (b":authority", authority.encode()),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        ]
        if not any(key == "user-agent" for key, _ in metadata):
            fields.append((b"user-agent", self._agent))
        if deadline is not None:
            left = deadline - asyncio.get_running_loop().time()
            fields.append((b"grpc-timeout", md.format_timeout(left)))
        return fields + md.encode(metadata)

    def refresh(self) -> None:
        """Dial afresh for the next calls, after certificates were swapped; running calls go on."""
        for endpoint in self._endpoints:
            endpoint.drop()

    async def close(self) -> None:
        """End all calls and connections."""
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _send_only(call: OutCall, body: bytes) -> None:
    """Send the one request; a server that answered before reading it all is heard, not blamed."""
    try:
        await call.send(body, end=True)
    except RpcError:
        if call.stream.trailers is None:
            raise


def deadline_of(timeout_s: float | None) -> float | None:
    return None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
