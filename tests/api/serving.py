"""Services behind a real server on a unix socket, called as clients call them."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ichor.api.errors import translate
from ichor.client.machine import Node
from ichor.cosi.memory import Memory
from ichor.rpc.client import Channel
from ichor.rpc.context import Handler, Interceptor
from ichor.rpc.peer import UnixTarget
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.testing.clock import FakeClock

CLOCK = FakeClock()


def memory() -> Memory:
    return Memory(CLOCK.now)


@asynccontextmanager
async def serving(
    tmp_path: Path, handlers: Mapping[str, Handler], more: Sequence[Interceptor] = ()
) -> AsyncGenerator[Node, None]:
    """Serve, and give the one machine there is."""
    async with Server(handlers, interceptors=(translate, *more)) as server:
        path = str(tmp_path / "machine.sock")
        await server.listen_unix(path)
        async with Channel(UnixTarget(path)) as channel:
            yield Node("n1", channel)


def refused(error: RpcError, code: Code, *words: str) -> None:
    assert error.code is code, error
    for word in words:
        assert word in error.message


def joined(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)
