"""Calls passed on as bytes, to one and to many."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from hypothesis import given
from hypothesis import strategies as st
from tests.rpc.echo import COUNT, DOUBLE, ECHO, HANDLERS, PULL, PUSH, SUM, on_unix, run

from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.engine import Limits
from ichor.rpc.handlers import stream_unary, unary_stream, unary_unary
from ichor.rpc.labels import label_elements, read_varint, submessage, varint
from ichor.rpc.peer import UnixTarget
from ichor.rpc.proxy import (
    Backend,
    Director,
    Many,
    One,
    Route,
    proxy,
)
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError


def to_one(backend: Channel) -> Director:
    async def direct(context: Context) -> Route:
        return One(Backend("b", backend, context.metadata))

    return direct


def through(
    tmp_path: Path,
    use: Callable[[Channel], Awaitable[None]],
    backend: Server | None = None,
    direct: Callable[[Channel], Director] = to_one,
) -> None:
    async def main() -> None:
        async def with_backend(channel: Channel) -> None:
            front = Server({}, unknown=proxy(direct(channel)))
            await on_unix(tmp_path / "front", front, use)

        await on_unix(tmp_path / "back", backend or Server(HANDLERS), with_backend)

    run(main())


def test_all_kinds_pass_through(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        for size in (0, 3, 3_000_000):
            reply = await channel.unary(ECHO, BytesValue(value=b"y" * size), timeout_s=20)
            assert reply.value == b"y" * size
        async with channel.stream(COUNT) as counting:
            await counting.send(Int64Value(value=1000))
            await counting.done()
            assert [n.value async for n in counting] == list(range(1000))
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
            await doubling.done()
            assert await doubling.receive() is None

    through(tmp_path, use)


def test_headers_trailers_and_errors_pass_untouched(tmp_path: Path) -> None:
    async def refuse(_: Int64Value, context: Context) -> AsyncIterator[Int64Value]:
        assert context.metadata.binary("x-bin") == b"\0\1"
        yield Int64Value(value=1)
        context.abort(Code.DATA_LOSS, "ä", details=b"\x08\x0f")

    async def use(channel: Channel) -> None:
        async with channel.stream(ECHO) as stream:
            await stream.send(BytesValue())
            await stream.done()
            assert (await stream.headers()).one("first") == "1"
            assert len([reply async for reply in stream]) == 1
            assert stream.trailers.binary("last-bin") == b"\0\xff"
        with pytest.raises(RpcError, match="UNIMPLEMENTED: unknown method /x/Y"):
            await channel.raw_unary("/x/Y", b"")
        async with channel.stream(COUNT, metadata=[("x-bin", b"\0\1")]) as failing:
            await failing.send(Int64Value())
            await failing.done()
            assert await failing.receive() is not None
            with pytest.raises(RpcError) as caught:
                await failing.receive()
            assert (caught.value.code, caught.value.message) == (Code.DATA_LOSS, "ä")
            assert caught.value.details == b"\x08\x0f"

    through(tmp_path, use, Server({**HANDLERS, COUNT.path: unary_stream(COUNT, refuse)}))


def test_a_client_that_leaves_cancels_the_backend(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def endless(_: Int64Value, __: Context) -> AsyncIterator[Int64Value]:
        try:
            yield Int64Value()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def use(channel: Channel) -> None:
        async with channel.stream(COUNT) as stream:
            await stream.send(Int64Value())
            await stream.done()
            assert await stream.receive() is not None
        await ended.wait()

    through(tmp_path, use, Server({COUNT.path: unary_stream(COUNT, endless)}))


def test_a_deadline_passes_through(tmp_path: Path) -> None:
    seen: list[float | None] = []

    async def look(request: BytesValue, context: Context) -> BytesValue:
        seen.append(context.time_remaining())
        return request

    async def use(channel: Channel) -> None:
        await channel.unary(ECHO, BytesValue(), timeout_s=500)

    through(tmp_path, use, Server({ECHO.path: unary_unary(ECHO, look)}))
    assert seen[0] is not None
    assert 0 < seen[0] <= 500


def test_a_backend_that_is_down_is_unavailable(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="UNAVAILABLE"):
            await channel.unary(ECHO, BytesValue())

    def nowhere(_: Channel) -> Director:
        return to_one(Channel(UnixTarget(str(tmp_path / "nowhere"))))

    through(tmp_path, use, direct=nowhere)


def to_many(tmp_path: Path, *, streaming: bool) -> Callable[[Channel], Director]:
    """Two that live and one that does not; labels are the names, put into field 1 or appended."""

    def label(backend: Backend, body: bytes) -> bytes:
        extra = submessage(9, backend.name.encode())
        return body + extra if streaming else label_elements(body, extra)

    def failed(backend: Backend, error: RpcError) -> bytes:
        extra = submessage(9, f"{backend.name} {error.code.name}".encode())
        return extra if streaming else submessage(1, extra)

    def make(channel: Channel) -> Director:
        dead = Channel(UnixTarget(str(tmp_path / "nowhere")))
        backends = [Backend("a", channel), Backend("dead", dead), Backend("b", channel)]

        async def direct(_: Context) -> Route:
            return Many(backends, streaming, label, failed)

        return direct

    return make


def fields_of(body: bytes) -> list[tuple[int, bytes]]:
    """Read a message of submessages."""
    out, at = [], 0
    while at < len(body):
        tag, at = read_varint(body, at)
        size, at = read_varint(body, at)
        out.append((tag >> 3, body[at : at + size]))
        at += size
    return out


def test_unary_replies_of_many_join_into_one_message(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        body = submessage(1, submessage(2, b"x")) + submessage(1, submessage(2, b"y"))
        reply = await channel.raw_unary(ECHO.path, BytesValue(value=body).SerializeToString())
        # Echo answers the BytesValue itself: field 1 holds our two elements.
        elements = [element for _, element in fields_of(reply)]
        assert elements == [
            body + submessage(9, b"a"),
            submessage(9, b"dead UNAVAILABLE"),
            body + submessage(9, b"b"),
        ]

    through(tmp_path, use, direct=to_many(tmp_path, streaming=False))


def test_streams_of_many_interleave_and_a_failure_is_one_message(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        call = await channel.start(COUNT.path)
        await call.send(Int64Value(value=50).SerializeToString(), end=True)
        seen: dict[bytes, int] = {}
        while (body := await call.receive()) is not None:
            label = body[body.rindex(b"\x4a") + 2 :]
            seen[label] = seen.get(label, 0) + 1
        assert seen == {b"a": 50, b"dead UNAVAILABLE": 1, b"b": 50}
        call.close()

    through(tmp_path, use, direct=to_many(tmp_path, streaming=True))


def test_many_requests_go_to_all(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        call = await channel.start(SUM.path)
        for n in range(10):
            await call.send(Int64Value(value=n).SerializeToString())
        await call.done()
        bodies = []
        while (body := await call.receive()) is not None:
            bodies.append(body)
        sums = [Int64Value.FromString(body).value for body in bodies]
        assert sorted(sums) == [0, 45, 45]
        call.close()

    through(tmp_path, use, direct=to_many(tmp_path, streaming=True))


@given(st.lists(st.tuples(st.integers(1, 40), st.binary(max_size=200))), st.binary(max_size=40))
def test_labelling_touches_only_the_elements(parts: list[tuple[int, bytes]], extra: bytes) -> None:
    body = b"".join(submessage(field, part) for field, part in parts)
    labelled = label_elements(body, extra)
    wanted = [(field, part + extra if field == 1 else part) for field, part in parts]
    assert fields_of(labelled) == wanted


@given(st.binary(max_size=60))
def test_labelling_garbage_is_an_rpc_error_at_worst(body: bytes) -> None:
    with contextlib.suppress(RpcError):
        label_elements(body, b"x")


@given(st.integers(0, 2**64 - 1))
def test_varints_read_back(value: int) -> None:
    assert read_varint(varint(value), 0) == (value, len(varint(value)))


def test_a_slow_reader_keeps_the_proxy_flat(tmp_path: Path) -> None:
    """The backend would send 256 MiB; nobody reads; it must stop after windows' worth."""
    produced = 0

    async def flood(_: Int64Value, __: Context) -> AsyncIterator[BytesValue]:
        nonlocal produced
        for _i in range(4096):
            yield BytesValue(value=b"x" * 65536)
            produced += 65536

    async def use(channel: Channel) -> None:
        async with channel.stream(PULL) as stream:
            await stream.send(Int64Value())
            await stream.done()
            assert await stream.receive() is not None
            # The world stands still when production has not moved for many turns of the loop.
            before = -1
            while produced != before:
                before = produced
                for _ in range(200):
                    await asyncio.sleep(0)
            assert produced < 4 << 20
            for _ in range(40):
                assert await stream.receive() is not None

    through(tmp_path, use, Server({PULL.path: unary_stream(PULL, flood)}))
    assert produced < 8 << 20


def test_a_slow_backend_keeps_the_proxy_flat(tmp_path: Path) -> None:
    """The client would send 64 MiB; the backend reads one message; the client must stop early."""
    go = asyncio.Event()
    sent = 0

    async def lazy(requests: AsyncIterator[BytesValue], _: Context) -> BytesValue:
        await anext(requests)
        await go.wait()
        async for _request in requests:
            pass
        return BytesValue(value=b"all")

    async def use(channel: Channel) -> None:
        async with channel.stream(PUSH) as stream:

            async def send() -> None:
                nonlocal sent
                for _ in range(1024):
                    await stream.send(BytesValue(value=b"x" * 65536))
                    sent += 65536
                await stream.done()

            sending = asyncio.create_task(send())
            before = -1
            while sent != before:
                before = sent
                for _ in range(200):
                    await asyncio.sleep(0)
            assert sent < 4 << 20
            go.set()
            await sending
            reply = await stream.receive()
            assert reply is not None
            assert reply.value == b"all"

    through(tmp_path, use, Server({PUSH.path: stream_unary(PUSH, lazy)}))


def test_calls_given_up_half_way_through_the_proxy_starve_nobody(tmp_path: Path) -> None:
    """A chunk in the proxy's hands when its call ends is credited too."""

    async def never(_: Context) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        limits = Limits(stream_window=65535, connection_window=65536 * 2)
        back = Server({**HANDLERS, "/x/Never": never}, limits=Limits(stream_window=65535))
        async with back:
            await back.listen_unix(str(tmp_path / "back"))
            async with Channel(UnixTarget(str(tmp_path / "back"))) as channel:
                front = Server({}, unknown=proxy(to_one(channel)), limits=limits)
                await on_unix(tmp_path / "front", front, use)

    async def use(channel: Channel) -> None:
        for _ in range(30):
            call = asyncio.create_task(channel.raw_unary("/x/Never", b"x" * 1_000_000))
            for _i in range(200):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        assert len((await channel.unary(ECHO, BytesValue(value=b"x" * 1_000_000))).value) == 10**6

    run(main())
