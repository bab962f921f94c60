"""The hub's address: control planes in turn, one that failed last for a while."""

import asyncio
from contextlib import AsyncExitStack

from ichor.provision.balance import Backends, Balancer


class Hand:
    """A clock whose hand the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_connection_begins_with_another() -> None:
    backends = Backends(["a", "b", "c"])
    assert [backends.order()[0] for _ in range(4)] == ["a", "b", "c", "a"]


def test_one_that_failed_is_tried_last_until_it_may_be_back() -> None:
    hand = Hand()
    backends = Backends(["a", "b"], hand)
    backends.failed("a")
    assert backends.order() == ["b", "a"]
    assert backends.order() == ["b", "a"]
    hand.now += 6
    assert backends.order() == ["a", "b"]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())
    writer.write_eof()
    writer.close()


def test_a_connection_passes_over_what_refuses() -> None:
    async def run() -> bytes:
        async with AsyncExitStack() as stack:
            server = await asyncio.start_server(_echo, "127.0.0.2", 0)
            stack.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            # Loopback as a whole is local: nothing listens on .3, which therefore refuses.
            balancer = Balancer("127.0.0.1", port, Backends(["127.0.0.3", "127.0.0.2"]))
            await balancer.start(stack)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello")
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(run()) == b"hello"
