"""All four kinds over a unix socket, and how calls end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from tests.rpc.echo import COUNT, DOUBLE, ECHO, HANDLERS, PUSH, SUM, on_unix, run

from ichor.rpc.client import Channel
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.server import Server
from ichor.rpc.status import Code, Pair, RpcError


def over(
    tmp_path: Path, use: Callable[[Channel], Awaitable[None]], handler: Handler | None = None
) -> None:
    handlers = HANDLERS if handler is None else {ECHO.path: handler}
    run(on_unix(tmp_path / "s", Server(handlers), use))


def test_a_unary_call_is_answered(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        for size in (0, 5, 70_000, 3_000_000):
            reply = await channel.unary(ECHO, BytesValue(value=b"x" * size), timeout_s=20)
            assert len(reply.value) == size

    over(tmp_path, use)


def test_all_streaming_kinds(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        async with channel.stream(COUNT) as counting:
            await counting.send(Int64Value(value=300))
            await counting.done()
            assert [n.value async for n in counting] == list(range(300))
        async with channel.stream(SUM) as adding:
            for n in range(100):
                await adding.send(Int64Value(value=n))
            await adding.done()
            assert [n.value async for n in adding] == [4950]
        async with channel.stream(DOUBLE) as doubling:
            for n in range(20):
                await doubling.send(Int64Value(value=n))
                reply = await doubling.receive()
                assert reply is not None
                assert reply.value == 2 * n
            await doubling.done()
            assert await doubling.receive() is None

    over(tmp_path, use)


def test_many_calls_share_one_connection(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        bodies = [b"%d" % n for n in range(600)]
        replies = await asyncio.gather(
            *(channel.unary(ECHO, BytesValue(value=body)) for body in bodies)
        )
        assert [reply.value for reply in replies] == bodies

    over(tmp_path, use)


def test_metadata_goes_both_ways_and_binary_survives(tmp_path: Path) -> None:
    async def seen(request: BytesValue, context: Context) -> BytesValue:
        assert context.metadata.all("node") == ("a", "b")
        assert context.metadata.binary("x-bin") == b"\0\xfe"
        context.send_initial_metadata([("first", "1")])
        context.set_trailing_metadata([("last-bin", b"\0\xff")])
        return request

    async def use(channel: Channel) -> None:
        metadata: list[Pair] = [("node", "a"), ("node", "b"), ("x-bin", b"\0\xfe")]
        async with channel.stream(ECHO, metadata=metadata) as stream:
            await stream.send(BytesValue())
            await stream.done()
            assert (await stream.headers()).one("first") == "1"
            assert len([reply async for reply in stream]) == 1
            assert stream.trailers.binary("last-bin") == b"\0\xff"

    over(tmp_path, use, unary_unary(ECHO, seen))


def test_an_abort_carries_code_message_and_details(tmp_path: Path) -> None:
    async def refuse(_: BytesValue, context: Context) -> BytesValue:
        context.abort(Code.NOT_FOUND, "näh 100%\n", details=b"\x08\x05")

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await channel.unary(ECHO, BytesValue())
        assert caught.value.code is Code.NOT_FOUND
        assert caught.value.message == "näh 100%\n"
        assert caught.value.details == b"\x08\x05"

    over(tmp_path, use, unary_unary(ECHO, refuse))


def test_an_unknown_method_is_unimplemented(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="UNIMPLEMENTED"):
            await channel.raw_unary("/no/Such", b"")

    over(tmp_path, use)


def test_a_failing_handler_tells_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # import-linter, run by another test in this process, disables all loggers that exist.
    monkeypatch.setattr(logging.getLogger("ichor.rpc.calls"), "disabled", False)

    async def fail(_: BytesValue, __: Context) -> BytesValue:
        raise KeyError("secret")

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await channel.unary(ECHO, BytesValue())
        assert caught.value.code is Code.UNKNOWN
        assert "secret" not in str(caught.value)

    over(tmp_path, use, unary_unary(ECHO, fail))
    assert "handler failed" in caplog.text


def test_the_deadline_reaches_the_handler_and_ends_it(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def slow(request: BytesValue, context: Context) -> BytesValue:
        remaining = context.time_remaining()
        assert remaining is not None
        assert 0 < remaining <= 0.05
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return request

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
            await channel.unary(ECHO, BytesValue(), timeout_s=0.05)
        await ended.wait()

    over(tmp_path, use, unary_unary(ECHO, slow))


def test_a_client_that_gives_up_cancels_the_handler(tmp_path: Path) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def slow(request: BytesValue, _: Context) -> BytesValue:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return request

    async def use(channel: Channel) -> None:
        call = asyncio.create_task(channel.unary(ECHO, BytesValue()))
        await started.wait()
        call.cancel()
        await ended.wait()

    over(tmp_path, use, unary_unary(ECHO, slow))


def test_an_early_answer_ends_a_stream_still_sending(tmp_path: Path) -> None:
    async def deny(context: Context) -> None:
        context.abort(Code.PERMISSION_DENIED, "not authorized")

    async def use(channel: Channel) -> None:
        async with channel.stream(ECHO) as stream:
            with pytest.raises(RpcError, match="PERMISSION_DENIED: not authorized"):
                await stream.receive()
        with pytest.raises(RpcError, match="PERMISSION_DENIED: not authorized"):
            await channel.unary(ECHO, BytesValue(value=b"x" * 2_000_000))

    over(tmp_path, use, deny)


def test_who_is_still_sending_hears_why_it_need_not(tmp_path: Path) -> None:
    async def deny(context: Context) -> None:
        context.abort(Code.PERMISSION_DENIED, "not authorized")

    async def send_for_ever(channel: Channel) -> None:
        async with channel.stream(PUSH) as stream:
            while True:
                await stream.send(BytesValue(value=b"x" * 60_000))

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="PERMISSION_DENIED: not authorized"):
            await send_for_ever(channel)

    handlers = {**HANDLERS, PUSH.path: deny}
    run(on_unix(tmp_path / "s", Server(handlers), use))


def test_a_message_above_the_limit_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async def use(channel: Channel) -> None:
            with pytest.raises(RpcError, match="RESOURCE_EXHAUSTED"):
                await channel.unary(ECHO, BytesValue(value=b"x" * 2000))

        await on_unix(tmp_path / "s", Server(HANDLERS, message_limit=1000), use)

    run(main())


def test_metadata_that_http2_cannot_carry_fails_the_call_not_the_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def careless(request: BytesValue, context: Context) -> BytesValue:
        context.set_trailing_metadata([("bad key", "x")])
        return request

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="UNKNOWN"):
            await channel.unary(ECHO, BytesValue())

    over(tmp_path, use, unary_unary(ECHO, careless))


def test_a_broken_request_body_is_the_callers_fault(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="INTERNAL: the body is no"):
            await channel.raw_unary(ECHO.path, b"\xff\xff")

    over(tmp_path, use)


def test_interceptors_wrap_every_call_outermost_first(tmp_path: Path) -> None:
    seen: list[str] = []

    async def outer(context: Context, handler: Handler) -> None:
        seen.append(f"outer {context.path}")
        await handler(context)
        seen.append("done")

    async def guard(context: Context, _: Handler) -> None:
        seen.append("guard")
        context.abort(Code.PERMISSION_DENIED, "not authorized")

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="PERMISSION_DENIED: not authorized"):
            await channel.unary(ECHO, BytesValue())
        assert seen == ["outer /test.Echo/Echo", "guard"]

    run(on_unix(tmp_path / "s", Server(HANDLERS, interceptors=[outer, guard]), use))
