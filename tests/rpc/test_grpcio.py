"""Both ways against grpcio: P-256 over TLS, all four kinds (grpcio cannot do Ed25519)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from tests.rpc.echo import COUNT, DOUBLE, ECHO, HANDLERS, SUM, on_unix, run
from tests.rpc.pki import authority

from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.proxy import Backend, One, Route, proxy
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import ClientTls, ServerTls, client_context, server_context

CA = authority("p256")
SERVER = CA.leaf("server")
CLIENT = CA.leaf("admin", server=False)
OPTIONS = [
    ("grpc.max_receive_message_length", 32 << 20),
    ("grpc.max_send_message_length", 32 << 20),
]


def with_grpcio(channel: grpc.Channel) -> None:
    """Call all four kinds and look at metadata, errors, deadlines and sizes."""
    to, of = BytesValue.SerializeToString, BytesValue.FromString
    ints_to, ints_from = Int64Value.SerializeToString, Int64Value.FromString
    unary = channel.unary_unary(ECHO.path, to, of)
    for size in (0, 10, 100_000, 5_000_000):
        reply, call = unary.with_call(BytesValue(value=b"x" * size), timeout=20)
        assert len(reply.value) == size
        assert ("first", "1") in [tuple(pair) for pair in call.initial_metadata()]
        assert ("last-bin", b"\0\xff") in [tuple(pair) for pair in call.trailing_metadata()]
    count = channel.unary_stream(COUNT.path, ints_to, ints_from)
    assert [n.value for n in count(Int64Value(value=500))] == list(range(500))
    total = channel.stream_unary(SUM.path, ints_to, ints_from)
    assert total(iter([Int64Value(value=n) for n in range(100)])).value == 4950
    double = channel.stream_stream(DOUBLE.path, ints_to, ints_from)
    replies = double(iter([Int64Value(value=n) for n in range(50)]))
    assert [n.value for n in replies] == [2 * n for n in range(50)]
    zipped = unary(BytesValue(value=b"z" * 100_000), compression=grpc.Compression.Gzip)
    assert len(zipped.value) == 100_000
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/no/Such", to, of)(BytesValue())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/x/Hang", to, of)(BytesValue(), timeout=0.05)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def hang(_: Context) -> None:
    await asyncio.Event().wait()


OURS = {**HANDLERS, "/x/Hang": hang}


def test_a_grpcio_client_over_tls() -> None:
    async def main() -> None:
        async with Server(OURS) as server:
            tls = ServerTls(server_context(SERVER, CA.pem))
            port = await server.listen_tcp("127.0.0.1", 0, tls)
            credentials = grpc.ssl_channel_credentials(CA.pem, CLIENT.key, CLIENT.chain)

            def use() -> None:
                with grpc.secure_channel(f"127.0.0.1:{port}", credentials, OPTIONS) as channel:
                    with_grpcio(channel)

            await asyncio.to_thread(use)

    run(main())


def test_a_grpcio_client_through_our_proxy(tmp_path: Path) -> None:
    async def main() -> None:
        async def use(backend: Channel) -> None:
            async def direct(context: Context) -> Route:
                return One(Backend("b", backend, context.metadata))

            async with Server({}, unknown=proxy(direct)) as front:
                await front.listen_unix(str(tmp_path / "front"))

                def call() -> None:
                    with grpc.insecure_channel(f"unix:{tmp_path}/front", OPTIONS) as channel:
                        with_grpcio(channel)

                await asyncio.to_thread(call)

        await on_unix(tmp_path / "back", Server(OURS), use)

    run(main())


def grpcio_server() -> grpc.Server:
    def echo(request: BytesValue, context: grpc.ServicerContext) -> BytesValue:
        context.send_initial_metadata((("first", "1"),))
        context.set_trailing_metadata((("last-bin", b"\0\xff"),))
        return request

    def refuse(_: BytesValue, context: grpc.ServicerContext) -> BytesValue:
        context.abort(grpc.StatusCode.NOT_FOUND, "näh")
        raise AssertionError

    def count(request: Int64Value, _: grpc.ServicerContext) -> Iterator[Int64Value]:
        return (Int64Value(value=n) for n in range(request.value))

    def total(requests: Iterable[Int64Value], _: grpc.ServicerContext) -> Int64Value:
        return Int64Value(value=sum(request.value for request in requests))

    def double(requests: Iterable[Int64Value], _: grpc.ServicerContext) -> Iterator[Int64Value]:
        return (Int64Value(value=2 * request.value) for request in requests)

    to, of = BytesValue.SerializeToString, BytesValue.FromString
    ints_to, ints_from = Int64Value.SerializeToString, Int64Value.FromString
    methods = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo, of, to),
        "Refuse": grpc.unary_unary_rpc_method_handler(refuse, of, to),
        "Count": grpc.unary_stream_rpc_method_handler(count, ints_from, ints_to),
        "Sum": grpc.stream_unary_rpc_method_handler(total, ints_from, ints_to),
        "Double": grpc.stream_stream_rpc_method_handler(double, ints_from, ints_to),
    }
    server = grpc.server(ThreadPoolExecutor(4), options=OPTIONS, compression=grpc.Compression.Gzip)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", methods),))
    return server


async def call_grpcio(channel: Channel) -> None:
    for size in (0, 10, 100_000, 5_000_000):
        reply = await channel.unary(ECHO, BytesValue(value=b"x" * size), timeout_s=20)
        assert len(reply.value) == size
    with pytest.raises(RpcError) as caught:
        await channel.raw_unary("/test.Echo/Refuse", b"")
    assert (caught.value.code, caught.value.message) == (Code.NOT_FOUND, "näh")
    with pytest.raises(RpcError, match="UNIMPLEMENTED"):
        await channel.raw_unary("/test.Echo/None", b"")
    async with channel.stream(COUNT) as counting:
        await counting.send(Int64Value(value=500))
        await counting.done()
        assert [n.value async for n in counting] == list(range(500))
    async with channel.stream(SUM) as adding:
        for n in range(100):
            await adding.send(Int64Value(value=n))
        await adding.done()
        assert [n.value async for n in adding] == [4950]
    async with channel.stream(DOUBLE) as doubling:
        for n in range(20):
            await doubling.send(Int64Value(value=n))
            reply_n = await doubling.receive()
            assert reply_n is not None
            assert reply_n.value == 2 * n


def against_grpcio(use: Callable[[grpc.Server], Channel]) -> None:
    server = grpcio_server()

    async def main() -> None:
        async with use(server) as channel:
            server.start()
            await call_grpcio(channel)

    try:
        run(main())
    finally:
        server.stop(0).wait()


def test_our_client_against_grpcio_over_tls() -> None:
    def make(server: grpc.Server) -> Channel:
        credentials = grpc.ssl_server_credentials(
            [(SERVER.key, SERVER.chain)], CA.pem, require_client_auth=True
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
        tls = ClientTls(client_context(CA.pem, CLIENT))
        return Channel(TcpTarget("127.0.0.1", port, tls))

    against_grpcio(make)


def test_our_client_against_grpcio_over_a_unix_socket(tmp_path: Path) -> None:
    def make(server: grpc.Server) -> Channel:
        server.add_insecure_port(f"unix:{tmp_path}/s")
        return Channel(UnixTarget(f"{tmp_path}/s"))

    against_grpcio(make)
