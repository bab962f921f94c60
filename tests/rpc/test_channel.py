"""Connections of a channel: made when needed, made again, in turn, drained, kept alive, limited."""

import asyncio
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from tests.rpc.echo import DOUBLE, ECHO, HANDLERS, run

from ichor.rpc import engine as http
from ichor.rpc import wire
from ichor.rpc.client import Channel
from ichor.rpc.context import Context, Handler
from ichor.rpc.dial import DialOptions
from ichor.rpc.engine import Limits
from ichor.rpc.handlers import unary_unary
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError

QUICK = DialOptions(backoff_s=0.001, backoff_max_s=0.002)


def named(name: bytes) -> dict[str, Handler]:
    async def answer(_: BytesValue, __: Context) -> BytesValue:
        return BytesValue(value=name)

    return {ECHO.path: unary_unary(ECHO, answer)}


async def serve(path: Path, handlers: dict[str, Handler], limits: Limits | None = None) -> Server:
    server = Server(handlers, limits=limits)
    await server.listen_unix(str(path))
    return server


def test_several_endpoints_are_used_in_turn_and_dead_ones_passed_over(tmp_path: Path) -> None:
    async def main() -> None:
        one = await serve(tmp_path / "1", named(b"1"))
        two = await serve(tmp_path / "2", named(b"2"))
        targets = [UnixTarget(str(tmp_path / name)) for name in ("1", "dead", "2")]
        async with one, two, Channel(targets) as channel:
            replies = [(await channel.unary(ECHO, BytesValue())).value for _ in range(6)]
            assert set(replies) == {b"1", b"2"}
            await one.stop(0)
            replies = [(await channel.unary(ECHO, BytesValue())).value for _ in range(4)]
            assert replies == [b"2"] * 4

    run(main())


def test_a_server_that_comes_back_is_found_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with Channel(UnixTarget(str(tmp_path / "s")), options=QUICK) as channel:
            with pytest.raises(RpcError, match="UNAVAILABLE"):
                await channel.unary(ECHO, BytesValue())
            for name in (b"1", b"2"):
                server = await serve(tmp_path / "s", named(name))
                reply = await channel.unary(ECHO, BytesValue(), wait_for_ready=True, timeout_s=10)
                assert reply.value == name
                await server.stop(0)

    run(main())


def test_an_endpoint_that_failed_rests_before_it_is_dialled_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
            with pytest.raises(RpcError, match="UNAVAILABLE"):
                await channel.unary(ECHO, BytesValue())
            async with await serve(tmp_path / "s", named(b"1")):
                with pytest.raises(RpcError, match="UNAVAILABLE"):
                    await channel.unary(ECHO, BytesValue())

    run(main())


def test_waiting_for_a_server_ends_at_the_deadline(tmp_path: Path) -> None:
    async def main() -> None:
        async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
            with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
                await channel.unary(ECHO, BytesValue(), wait_for_ready=True, timeout_s=0.02)

    run(main())


def test_stopping_lets_running_calls_end_and_takes_no_new_ones(tmp_path: Path) -> None:
    async def main() -> None:
        server = await serve(tmp_path / "s", HANDLERS)
        async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
            async with channel.stream(DOUBLE) as stream:
                await stream.send(Int64Value(value=1))
                assert await stream.receive() is not None
                stopping = asyncio.create_task(server.stop(grace_s=20))
                await asyncio.sleep(0)  # GOAWAY is written in the first step
                with pytest.raises(RpcError, match="UNAVAILABLE"):
                    await channel.unary(ECHO, BytesValue())
                await stream.send(Int64Value(value=2))
                reply = await stream.receive()
                assert reply is not None
                assert reply.value == 4
                await stream.done()
                assert await stream.receive() is None
            await stopping
        assert not server.connections
        assert not (tmp_path / "s").exists()

    run(main())


def test_patience_at_stopping_has_an_end(tmp_path: Path) -> None:
    async def main() -> None:
        server = await serve(tmp_path / "s", HANDLERS)
        async with (
            Channel(UnixTarget(str(tmp_path / "s"))) as channel,
            channel.stream(DOUBLE) as stream,
        ):
            await stream.send(Int64Value(value=1))
            assert await stream.receive() is not None
            await server.stop(grace_s=0)
            with pytest.raises(RpcError) as caught:
                await stream.receive()
            assert caught.value.code is Code.UNAVAILABLE

    run(main())


def test_calls_above_the_servers_limit_wait_their_turn(tmp_path: Path) -> None:
    running = most = 0

    async def counted(request: BytesValue, _: Context) -> BytesValue:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _i in range(5):
            await asyncio.sleep(0)
        running -= 1
        return request

    async def main() -> None:
        handlers = {ECHO.path: unary_unary(ECHO, counted)}
        server = await serve(tmp_path / "s", handlers, Limits(streams=3))
        async with server, Channel(UnixTarget(str(tmp_path / "s"))) as channel:
            await asyncio.gather(*(channel.unary(ECHO, BytesValue()) for _ in range(50)))
        assert most <= 3

    run(main())


def test_a_mute_server_is_given_up_by_keepalive() -> None:
    async def main() -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"\0\0\0\4\0\0\0\0\0")  # empty SETTINGS, then nothing
            await reader.read()
            writer.close()

        listener = await asyncio.start_server(mute, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        options = DialOptions(keepalive_s=0.01, keepalive_timeout_s=0.02)
        async with listener, Channel(TcpTarget("127.0.0.1", port), options=options) as channel:
            with pytest.raises(RpcError, match="no answer to a ping"):
                await channel.unary(ECHO, BytesValue())

    run(main())


def test_a_server_that_speaks_no_http2_is_unavailable() -> None:
    async def main() -> None:
        async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
            writer.close()

        listener = await asyncio.start_server(other, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with listener, Channel(TcpTarget("127.0.0.1", port)) as channel:
            with pytest.raises(RpcError, match="UNAVAILABLE"):
                await channel.unary(ECHO, BytesValue())

    run(main())


def test_closing_a_channel_ends_its_calls(tmp_path: Path) -> None:
    async def main() -> None:
        async with await serve(tmp_path / "s", HANDLERS):
            channel = Channel(UnixTarget(str(tmp_path / "s")))
            async with channel.stream(DOUBLE) as stream:
                await stream.send(Int64Value(value=1))
                assert await stream.receive() is not None
                await channel.close()
                with pytest.raises(RpcError, match="CANCELLED"):
                    await stream.receive()

    run(main())


def test_http_that_is_no_grpc_gets_a_plain_answer(tmp_path: Path) -> None:
    async def main() -> None:
        async with await serve(tmp_path / "s", HANDLERS):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            engine = http.Engine(client=True)
            head = [(b":scheme", b"http"), (b":path", b"/"), (b":authority", b"x")]
            engine.open([(b":method", b"GET"), *head], end=True)
            engine.open([(b":method", b"POST"), *head, (b"content-type", b"text/html")], end=True)
            writer.write(engine.take())
            seen: list[bytes] = []
            while len(seen) < 2:
                events = engine.receive(await reader.read(65536), 0)
                heads = [event.fields for event in events if isinstance(event, http.Headers)]
                seen += [dict(fields)[b":status"] for fields in heads]
            assert seen == [b"405", b"415"]
            writer.close()
            await writer.wait_closed()

    run(main())


def test_closing_does_not_wait_for_a_server_that_has_stopped_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LINGER_S", 0.05)

    async def main() -> None:
        done = asyncio.Event()

        async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wide = b"\0\4\x3f\xff\xff\xff"  # INITIAL_WINDOW_SIZE
            writer.write(b"\0\0\6\4\0\0\0\0\0" + wide)
            writer.write(b"\0\0\4\x08\0\0\0\0\0" + b"\x3f\xff\0\0")
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await done.wait()
            writer.close()

        listener = await asyncio.start_unix_server(deaf, str(tmp_path / "s"))
        channel = Channel(UnixTarget(str(tmp_path / "s")))
        body = BytesValue(value=b"x" * (8 << 20))
        call = asyncio.create_task(channel.unary(ECHO, body))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not call.done()
        await channel.close()
        with pytest.raises(RpcError, match="CANCELLED"):
            await call
        done.set()
        listener.close()

    run(main())
