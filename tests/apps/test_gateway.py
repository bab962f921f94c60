"""The gateway on its way to other nodes: whose certificate it shows, and what a renewal does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from tests.rpc.echo import COUNT, ECHO, run
from tests.rpc.pki import Authority, authority

from ichor.apps.apid.gateway import Gateway, verify
from ichor.pki import certificate as x509
from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.dial import DialOptions
from ichor.rpc.handlers import unary_stream, unary_unary
from ichor.rpc.peer import TcpTarget, TlsPeer, UnixTarget
from ichor.rpc.proxy import proxy
from ichor.rpc.server import Server
from ichor.rpc.status import RpcError
from ichor.rpc.tls import ClientTls, ServerTls, client_context, server_context

NODE = [("node", "localhost")]


async def turn() -> None:
    await asyncio.sleep(0)


class Other:
    """Another node: says whose certificate it was called with, and counts when it is told to."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.server = Server(
            {ECHO.path: unary_unary(ECHO, self.caller), COUNT.path: unary_stream(COUNT, self.count)}
        )

    async def caller(self, _: BytesValue, context: Context) -> BytesValue:
        assert isinstance(context.peer, TlsPeer)
        return BytesValue(value=x509.parse(context.peer.chain[0]).common_name.encode())

    async def count(self, request: Int64Value, _: Context) -> AsyncIterator[Int64Value]:
        for number in range(request.value):
            yield Int64Value(value=number)
            await self.may_go_on.wait()

    async def until_connections(self, count: int) -> None:
        while len(self.server.connections) != count:
            await turn()


class Scene:
    def __init__(self, ca: Authority, gateway: Gateway, other: Other, user: Channel) -> None:
        self.ca = ca
        self.gateway = gateway
        self.other = other
        self.user = user

    def renew(self, name: str) -> None:
        identity = self.ca.leaf(name, organization="os:impersonator", server=False)
        self.gateway.show(client_context(self.ca.pem, identity))

    async def caller(self) -> str:
        reply = await self.user.unary(ECHO, BytesValue(), metadata=NODE, timeout_s=20)
        return reply.value.decode()


def played(directory: Path, play: Callable[[Scene], Awaitable[None]], options: DialOptions) -> None:
    async def main() -> None:
        ca, other = authority(), Other()
        tls = ServerTls(server_context(ca.leaf("other"), ca.pem), verify)
        machined = Channel(UnixTarget(str(directory / "nobody")))
        own = client_context(ca.pem, ca.leaf("admin", server=False))
        async with other.server:
            port = await other.server.listen_tcp("localhost", 0, tls)
            gateway = Gateway(machined, frozenset, port=port, options=options)
            async with Server({}, unknown=proxy(gateway.direct)) as front:
                here = await front.listen_tcp("127.0.0.1", 0, ServerTls(tls.context, verify))
                async with Channel(TcpTarget("127.0.0.1", here, ClientTls(own))) as user:
                    scene = Scene(ca, gateway, other, user)
                    scene.renew("first")
                    await play(scene)
                    gateway.show(None)

    run(main())


def test_a_long_call_goes_on_over_a_renewal_and_new_calls_use_the_new_certificate(
    tmp_path: Path,
) -> None:
    async def play(scene: Scene) -> None:
        async with scene.user.stream(COUNT, metadata=NODE) as numbers:
            await numbers.send(Int64Value(value=1000))
            await numbers.done()
            assert await numbers.receive() == Int64Value(value=0)
            scene.renew("second")
            assert await scene.caller() == "second"
            assert len(scene.other.server.connections) == 2
            scene.other.may_go_on.set()
            assert [number.value async for number in numbers] == list(range(1, 1000))
        await scene.other.until_connections(1)
        assert await scene.caller() == "second"

    played(tmp_path, play, DialOptions())


def test_a_call_outlives_its_certificate_for_a_bounded_time_only(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        async with scene.user.stream(COUNT, metadata=NODE) as numbers:
            await numbers.send(Int64Value(value=2))
            await numbers.done()
            await numbers.receive()
            scene.renew("second")
            with pytest.raises(RpcError, match="a call outlived its connection"):
                await numbers.receive()
        await scene.other.until_connections(0)

    played(tmp_path, play, DialOptions(drain_s=0.01))


def test_a_connection_begun_before_a_renewal_carries_no_call_after_it(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        calls = [asyncio.create_task(scene.caller()) for _ in range(3)]
        await scene.other.until_connections(1)  # accepted: the handshake is not through yet
        scene.renew("second")
        assert await asyncio.gather(*calls) == ["second"] * 3
        await scene.other.until_connections(1)

    played(tmp_path, play, DialOptions())


def test_a_connection_that_nobody_uses_is_closed(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        assert await scene.caller() == "first"
        await scene.other.until_connections(0)
        assert await scene.caller() == "first"

    played(tmp_path, play, DialOptions(idle_s=0.01))


def test_a_connection_in_use_is_not_closed_for_being_quiet(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        async with scene.user.stream(COUNT, metadata=NODE) as numbers:
            await numbers.send(Int64Value(value=2))
            await numbers.done()
            await numbers.receive()
            async with scene.user.stream(COUNT, metadata=[("node", "127.0.0.1")]) as witness:
                await witness.send(Int64Value(value=1))
                await witness.done()
                await scene.other.until_connections(2)
            # The witness' connection has lain idle longer than allowed by the time it is gone.
            await scene.other.until_connections(1)
            scene.other.may_go_on.set()  # not before: what ends lies idle, too
            assert await numbers.receive() == Int64Value(value=1)

    played(tmp_path, play, DialOptions(idle_s=0.01))
