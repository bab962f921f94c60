import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.apps.discoveryd import registry
from ichor.apps.discoveryd.main import split_address
from ichor.apps.discoveryd.registry import Registry, Update
from ichor.apps.discoveryd.service import Service
from ichor.errors import InputError, TransientError
from ichor.peers.discovery import Cluster, DiscoveryClient
from ichor.ports.discovery import Affiliate, Endpoint, Found
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.server import Server

SECRET = bytes(range(32))


def update(name: str, data: bytes | None = b"d", *endpoints: bytes, ttl_s: float = 60) -> Update:
    return Update(affiliate_id=name, data=data, endpoints=endpoints, ttl_s=ttl_s)


def test_an_update_without_data_leaves_what_the_node_says_of_itself() -> None:
    known = Registry()
    assert known.update("c", update("a", b"own"), 0)
    assert known.update("c", update("a", None, b"seen"), 0)
    record = known.get("c", "a")
    assert record is not None
    assert (record.data, set(record.endpoints)) == (b"own", {b"seen"})
    assert not known.update("c", update("a", b"own"), 5)  # refreshed, not changed


def test_data_and_endpoints_are_forgotten_each_at_its_own_time() -> None:
    known = Registry()
    known.update("c", update("a", b"own", ttl_s=10), 0)
    known.update("c", update("a", None, b"e", ttl_s=20), 0)
    assert list(known.expire(9)) == []
    assert list(known.expire(10)) == [("c", "a")]
    record = known.get("c", "a")
    assert record is not None
    assert record.data == b""
    assert list(known.expire(20)) == [("c", "a")]
    assert known.ids("c") == ()


@pytest.mark.parametrize(
    "bad",
    [
        update(""),
        update("x" * 257),
        update("a", bytes(4097)),
        update("a", b"d", bytes(129)),
        update("a", ttl_s=0),
        update("a", b"d", *(bytes([n]) for n in range(65))),
    ],
)
def test_an_update_beyond_the_limits_changes_nothing(bad: Update) -> None:
    known = Registry()
    with pytest.raises(InputError):
        known.update("c", bad, 0)
    assert known.ids("c") == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(1, 100), st.floats(0, 50))))
def test_nothing_outlives_its_time(updates: list[tuple[str, float, float]]) -> None:
    known = Registry()
    for name, ttl, now in updates:
        known.update("c", update(name, b"d", b"e", ttl_s=ttl), now)
    list(known.expire(50 + registry.TTL_MAX_S))
    assert known.ids("c") == ()


@asynccontextmanager
async def serving() -> AsyncIterator[Callable[[str], DiscoveryClient]]:
    server = Server(Service().handlers())
    port = await server.listen_tcp("127.0.0.1", 0, None)
    channels = []

    def client(name: str, cluster: str = "c", secret: bytes = SECRET) -> DiscoveryClient:
        channels.append(Channel(TcpTarget("127.0.0.1", port)))
        return DiscoveryClient(channels[-1], Cluster(id=cluster, secret=secret, node_id=name))

    try:
        yield client
    finally:
        for channel in channels:
            await channel.close()
        await server.stop(0)


def run(test: Callable[[Callable[[str], DiscoveryClient]], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        async with asyncio.timeout(20), serving() as client:
            await test(client)

    asyncio.run(inside())


def node(name: str) -> Affiliate:
    return Affiliate(node_id=name, addresses=("10.0.0.1",), nodename=name, api_server_port=6443)


def test_a_node_hears_of_others_of_their_changes_and_of_their_going() -> None:
    async def check(client: Any) -> None:  # noqa: ANN401 - see run
        a, b = client("a"), client("b")
        assert await a.hello() == "127.0.0.1"
        await a.publish(node("a"), ())
        async with aclosing(a.watch()) as seen:
            assert await anext(seen) == {}
            await b.publish(node("b"), (Endpoint("10.0.0.2", 51820),))
            found = Found(affiliate=node("b"), endpoints=(Endpoint("10.0.0.2", 51820),))
            assert await anext(seen) == {"b": found}
            await a.publish_endpoints("b", (Endpoint("192.0.2.1", 51820),))
            assert len((await anext(seen))["b"].endpoints) == 2
            await b.withdraw()
            assert await anext(seen) == {}

    run(check)


def test_clusters_do_not_see_each_other_and_a_wrong_secret_opens_nothing() -> None:
    async def check(client: Any) -> None:  # noqa: ANN401 - see run
        await client("a").publish(node("a"), ())
        async with aclosing(client("x", "other").watch()) as seen:
            assert await anext(seen) == {}
        async with aclosing(client("x", "c", bytes(32)).watch()) as seen:
            assert await anext(seen) == {}
        async with aclosing(client("x").watch()) as seen:
            assert set(await anext(seen)) == {"a"}

    run(check)


def test_what_is_refused_is_the_users_error_and_a_lost_service_is_not() -> None:
    async def check(client: Any) -> None:  # noqa: ANN401 - see run
        with pytest.raises(InputError, match=r"1\.\.256 characters"):
            await client("a", "").hello()
        with pytest.raises(InputError):
            await client("x" * 300).publish(node("a"), ())

    run(check)

    async def alone() -> None:
        channel = Channel(TcpTarget("127.0.0.1", 1))
        client = DiscoveryClient(channel, Cluster(id="c", secret=SECRET, node_id="a"))
        with pytest.raises(TransientError):
            await client.hello()
        await channel.close()

    asyncio.run(alone())


def test_an_address_is_read_in_both_families() -> None:
    assert split_address("127.0.0.1:3000") == ("127.0.0.1", 3000)
    assert split_address("[::1]:80") == ("::1", 80)
    for bad in ("127.0.0.1", "x:y", "a:99999"):
        with pytest.raises(InputError):
            split_address(bad)
