import asyncio
import socket
from typing import Any

import pytest

from ichor.rpc.listening import stop_listening


async def ended_after(steps: int) -> list[dict[str, Any]]:
    """End a server some steps after a connection; give what the loop has caught."""
    loop = asyncio.get_running_loop()
    caught: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: caught.append(context))
    made: list[asyncio.Future[None]] = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.gone = loop.create_future()
            made.append(self.gone)

        def connection_lost(self, exc: Exception | None) -> None:
            loop.call_soon(self.gone.set_result, None)

    server = await loop.create_server(Protocol, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        for _ in range(steps):
            await asyncio.sleep(0)
        await stop_listening(server)
        await asyncio.sleep(0)
    assert not server.is_serving()
    if made:
        await asyncio.wait(made, timeout=10)
    return caught


@pytest.mark.parametrize("steps", range(5))
def test_a_connection_that_comes_while_a_server_ends_is_no_error(steps: int) -> None:
    assert asyncio.run(ended_after(steps)) == []
