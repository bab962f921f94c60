"""Elections: one at a time, of those that serve; who cannot go on gives up."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from ichor.errors import TransientError
from ichor.peers.shared_address import LOCK, EtcdElections
from ichor.ports.etcd import Etcd
from ichor.ports.shared_address import Stand, Withdraw
from ichor.testing.clock import FakeClock

ADDRESS = "192.0.2.9"


@dataclass
class Cluster:
    """serving: nodes whose API server is ready. cut: nodes that lose whatever they hold."""

    serving: set[str]
    cut: set[str] = field(default_factory=set)
    held: asyncio.Lock = field(default_factory=asyncio.Lock)
    names: set[bytes] = field(default_factory=set)

    def node(self, name: str) -> EtcdElections:
        async def serves() -> bool:
            if name in self.cut:
                raise TransientError("the lock was lost")
            return name in self.serving

        @asynccontextmanager
        async def connect() -> AsyncGenerator[Etcd, None]:
            yield cast("Etcd", self)

        return EtcdElections(connect, serves, FakeClock())

    @asynccontextmanager
    async def lock(self, name: bytes, *, ttl_s: int) -> AsyncGenerator[bytes, None]:
        self.names.add(name)
        async with self.held:
            yield name


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - clocks jump: each turn is a look
            await asyncio.sleep(0)


async def turns(count: int = 50) -> None:
    """Let all go on: their clocks jump, so each turn is one look of everybody."""
    for _ in range(count):
        await asyncio.sleep(0)


def has(node: EtcdElections) -> bool:
    return node.observe().get(ADDRESS, False)


def test_one_is_elected_and_the_other_when_that_serves_no_more() -> None:
    async def check() -> None:
        cluster = Cluster(serving={"a"})
        one, other = cluster.node("a"), cluster.node("b")
        for node in (one, other):
            await node.apply(Stand(address=ADDRESS))
        await until(lambda: has(one))
        cluster.serving.add("b")
        await turns()
        assert not has(other)
        assert cluster.names == {f"{LOCK}{ADDRESS}".encode()}
        cluster.serving.discard("a")
        await until(lambda: has(other))
        assert not has(one)
        for node in (one, other):
            await node.apply(Withdraw(address=ADDRESS))

    asyncio.run(check())


def test_who_withdraws_lets_go_and_is_forgotten() -> None:
    async def check() -> None:
        cluster = Cluster(serving={"a"})
        node = cluster.node("a")
        await node.apply(Stand(address=ADDRESS))
        await until(lambda: has(node))
        assert cluster.held.locked()
        await node.apply(Withdraw(address=ADDRESS))
        assert node.observe() == {}
        await until(lambda: not cluster.held.locked())
        assert node.observe() == {}
        await node.apply(Stand(address=ADDRESS))
        await until(lambda: has(node))
        await node.apply(Withdraw(address=ADDRESS))

    asyncio.run(check())


def test_who_loses_the_lock_has_nothing_and_stands_again() -> None:
    async def check() -> None:
        cluster = Cluster(serving={"a"})
        node = cluster.node("a")
        await node.apply(Stand(address=ADDRESS))
        await until(lambda: has(node))
        cluster.cut.add("a")
        await until(lambda: not has(node))
        await turns()
        assert node.observe() == {ADDRESS: False}
        cluster.cut.clear()
        await until(lambda: has(node))
        await node.apply(Withdraw(address=ADDRESS))

    asyncio.run(check())


def test_an_api_server_that_is_away_for_a_moment_loses_nothing() -> None:
    async def check() -> None:
        cluster = Cluster(serving={"a"})
        answers = [True, True, False, False, True, False, True]

        async def serves() -> bool:
            return answers.pop(0) if answers else True

        @asynccontextmanager
        async def connect() -> AsyncGenerator[Etcd, None]:
            yield cast("Etcd", cluster)

        node = EtcdElections(connect, serves, FakeClock())
        await node.apply(Stand(address=ADDRESS))
        await until(lambda: has(node))
        while answers:
            assert has(node)
            await asyncio.sleep(0)
        await node.apply(Withdraw(address=ADDRESS))

    asyncio.run(check())
