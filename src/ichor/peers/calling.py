"""Calling a gRPC peer: one deadline, one set of metadata, one meaning of its refusals.

| code | becomes |
|---|---|
| NOT_FOUND | NotFound |
| ALREADY_EXISTS, ABORTED, FAILED_PRECONDITION | Conflict |
| INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED | InputError |
| the rest | TransientError |
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from ichor.errors import Conflict, IchorError, InputError, NotFound, TransientError
from ichor.rpc.client import Channel
from ichor.rpc.method import Method, Q, R
from ichor.rpc.outcall import ClientStream
from ichor.rpc.status import Code, Pair, RpcError

_CONFLICT = frozenset({Code.ALREADY_EXISTS, Code.ABORTED, Code.FAILED_PRECONDITION})
_INPUT = frozenset(
    {
        Code.INVALID_ARGUMENT,
        Code.OUT_OF_RANGE,
        Code.UNIMPLEMENTED,
        Code.PERMISSION_DENIED,
        Code.UNAUTHENTICATED,
    }
)


class Caller:
    """A channel with what every call of an adapter has in common."""

    def __init__(
        self, channel: Channel, *, metadata: Sequence[Pair] = (), timeout_s: float = 30
    ) -> None:
        self._channel = channel
        self._metadata = tuple(metadata)
        self._timeout_s = timeout_s

    async def call(
        self,
        method: Method[Q, R],
        request: Q,
        *,
        metadata: Sequence[Pair] = (),
        timeout_s: float | None = None,
        forever: bool = False,
    ) -> R:
        """Call a unary method; forever: without a deadline."""
        limit = None if forever else (timeout_s or self._timeout_s)
        with translated(method.path):
            return await self._channel.unary(
                method, request, metadata=(*self._metadata, *metadata), timeout_s=limit
            )

    def stream(
        self, method: Method[Q, R], *, metadata: Sequence[Pair] = (), timeout_s: float | None = None
    ) -> ClientStream[Q, R]:
        """Open a streaming call; wrap its use in `translated`."""
        return self._channel.stream(
            method, metadata=(*self._metadata, *metadata), timeout_s=timeout_s
        )


@contextmanager
def translated(doing: str) -> Generator[None, None, None]:
    """Turn a gRPC refusal into the error its receiver can act on."""
    try:
        yield
    except RpcError as err:
        raise error_of(err, doing) from err


def error_of(err: RpcError, doing: str) -> IchorError:
    message = f"{doing}: {err}"
    if err.code is Code.NOT_FOUND:
        return NotFound(message)
    if err.code in _CONFLICT:
        return Conflict(message)
    if err.code in _INPUT:
        return InputError(message)
    return TransientError(message)
