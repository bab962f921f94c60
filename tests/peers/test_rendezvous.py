"""Being known to a discovery service: said, heard, said again after a loss, taken back."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from ichor.apps.discoveryd.service import Service
from ichor.config.secret import Secret
from ichor.peers.rendezvous import Rendezvous
from ichor.ports.discovery import Affiliate
from ichor.ports.rendezvous import Announce, Leave
from ichor.proto.discovery import server_pb2
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method
from ichor.rpc.server import Server

HELLO = method(server_pb2, "Cluster", "Hello", server_pb2.HelloRequest, server_pb2.HelloResponse)
SECRET = Secret(base64.b64encode(bytes(range(32))).decode())


class Clock:
    """Never makes anybody wait; rests: how long somebody wanted to."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    def now(self) -> datetime:
        raise AssertionError("the time of day matters to nobody here")

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def service(port: int = 0) -> AsyncGenerator[int]:
    server = Server(Service().handlers())
    bound = await server.listen_tcp("127.0.0.1", port, None)
    try:
        yield bound
    finally:
        await server.stop(0)


def announce(name: str, port: int, *addresses: str) -> Announce:
    return Announce(
        service=f"127.0.0.1:{port}",
        insecure=True,
        cluster_id="c",
        secret=SECRET,
        affiliate=Affiliate(node_id=name, nodename=name, addresses=addresses),
    )


async def until(node: Rendezvous, holds: Callable[[dict[str, Affiliate]], bool]) -> None:
    """Wait for wakes until what was heard holds."""
    wakes = node.wakes()
    while not holds(heard(node)):
        await anext(wakes)


def heard(node: Rendezvous) -> dict[str, Affiliate]:
    return {
        id: found.affiliate
        for session in node.observe().values()
        for id, found in session.found.items()
    }


def run(what: Coroutine[None, None, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await what

    asyncio.run(bounded())


def test_nodes_hear_of_each_other_of_changes_and_of_a_leave() -> None:
    async def check() -> None:
        async with service() as port:
            a, b = Rendezvous(Clock()), Rendezvous(Clock())
            await a.apply(announce("a", port))
            await b.apply(announce("b", port, "10.0.0.1"))
            await until(a, lambda known: "b" in known)
            await until(b, lambda known: "a" in known)
            await b.apply(announce("b", port, "10.0.0.2"))
            await until(a, lambda known: known["b"].addresses == ("10.0.0.2",))
            await b.apply(Leave(service=f"127.0.0.1:{port}"))
            assert b.observe() == {}
            await until(a, lambda known: not known)
            await a.apply(Leave(service=f"127.0.0.1:{port}"))

    run(check())


def test_a_service_that_comes_back_is_told_again_and_takes_nobody_away_meanwhile() -> None:
    async def check() -> None:
        clock = Clock()
        a, b = Rendezvous(clock), Rendezvous(Clock())
        async with service() as port:
            await a.apply(announce("a", port))
            await b.apply(announce("b", port))
            await until(a, lambda known: "b" in known)
        wakes = a.wakes()
        while not next(iter(a.observe().values())).error:
            await anext(wakes)
        assert set(heard(a)) == {"b"}
        c = Rendezvous(Clock())
        async with service(port):
            await c.apply(announce("c", port))
            await until(c, lambda known: set(known) == {"a", "b"})
            await until(a, lambda known: set(known) == {"b", "c"})
            assert next(iter(a.observe().values())).error == ""
            for node in (a, b, c):
                await node.apply(Leave(service=f"127.0.0.1:{port}"))
        assert clock.rests[0] == 1.0
        assert max(clock.rests) <= 60.0

    run(check())


def test_one_of_another_secret_is_not_heard_of() -> None:
    async def check() -> None:
        async with service() as port:
            a, b, other = Rendezvous(Clock()), Rendezvous(Clock()), Rendezvous(Clock())
            wrong = Secret(base64.b64encode(bytes(32)).decode())
            await other.apply(replace(announce("other", port), secret=wrong))
            await a.apply(announce("a", port))
            await until(a, lambda _: True)
            await b.apply(announce("b", port))
            await until(a, lambda known: "b" in known)
            assert set(heard(a)) == {"b"}
            for node in (a, b, other):
                await node.apply(Leave(service=f"127.0.0.1:{port}"))

    run(check())


def test_a_service_that_never_was_is_left_without_ado() -> None:
    async def check() -> None:
        a = Rendezvous(Clock())
        await a.apply(announce("a", 1))
        await a.apply(Leave(service="127.0.0.1:1"))
        assert a.observe() == {}

    run(check())


def test_what_was_said_is_said_again_before_it_is_forgotten() -> None:
    async def check() -> None:
        said: asyncio.Queue[str] = asyncio.Queue()

        async def note(context: Context, handler: Handler) -> None:
            if context.path.endswith("AffiliateUpdate"):
                said.put_nowait(context.path)
            await handler(context)

        server = Server(Service().handlers(), interceptors=(note,))
        port = await server.listen_tcp("127.0.0.1", 0, None)
        a = Rendezvous(Clock(), refresh=timedelta(milliseconds=1))
        await a.apply(announce("a", port))
        for _ in range(3):
            await said.get()
        await a.apply(Leave(service=f"127.0.0.1:{port}"))
        await server.stop(0)

    run(check())


def test_a_service_may_send_a_node_elsewhere() -> None:
    async def check() -> None:
        async with service() as there:

            async def elsewhere(
                _: server_pb2.HelloRequest, context: Context
            ) -> server_pb2.HelloResponse:
                redirect = server_pb2.RedirectMessage(endpoint=f"127.0.0.1:{there}")
                return server_pb2.HelloResponse(redirect=redirect)

            server = Server({HELLO.path: unary_unary(HELLO, elsewhere)})
            here = await server.listen_tcp("127.0.0.1", 0, None)
            a, b = Rendezvous(Clock()), Rendezvous(Clock())
            await a.apply(announce("a", here))
            await b.apply(announce("b", there))
            await until(a, lambda known: set(known) == {"b"})
            await a.apply(Leave(service=f"127.0.0.1:{here}"))
            await until(b, lambda known: not known)
            await b.apply(Leave(service=f"127.0.0.1:{there}"))
            await server.stop(0)

    run(check())
