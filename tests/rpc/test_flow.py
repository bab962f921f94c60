"""Flow control: what is not read is not credited, what is dropped does not starve the others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from hypothesis import given
from hypothesis import strategies as st
from tests.rpc.echo import ECHO, HANDLERS, PULL, echo, run

from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.dial import DialOptions
from ichor.rpc.engine import Limits
from ichor.rpc.handlers import unary_stream, unary_unary
from ichor.rpc.peer import UnixTarget
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Stream

# Small windows, so that one forgotten credit stalls the connection.
TIGHT = DialOptions(limits=Limits(streams=0, stream_window=65535, connection_window=65536 * 2))


async def settle() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def test_streams_given_up_with_full_queues_starve_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(HANDLERS) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s")), options=TIGHT) as channel:
                for _ in range(20):
                    async with channel.stream(PULL) as stream:
                        await stream.send(Int64Value(value=100))
                        await stream.done()
                        assert await stream.receive() is not None
                        await settle()  # let the queue fill up
                reply = await channel.unary(ECHO, BytesValue(value=b"x" * 1_000_000))
                assert len(reply.value) == 1_000_000

    run(main())


def test_a_stream_that_left_the_table_is_read_and_credited_to_its_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(HANDLERS) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s")), options=TIGHT) as channel:
                for _ in range(20):
                    call = await channel.start(ECHO.path)
                    body = BytesValue(value=b"x" * 60_000).SerializeToString()
                    await call.send(body, end=True)
                    while call.stream.trailers is None:
                        await settle()  # wholly received, out of the table, nothing read
                    assert call.stream.queued >= 60_000
                    assert await call.receive() == body
                    assert await call.receive() is None
                    assert call.stream.queued == 0

    run(main())


def test_a_handler_that_reads_nothing_starves_no_other_call(tmp_path: Path) -> None:
    async def ignore(context: Context) -> None:
        await context.send(b"")

    async def main() -> None:
        limits = Limits(stream_window=65535, connection_window=65536 * 2)
        async with Server({**HANDLERS, "/x/Ignore": ignore}, limits=limits) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
                for _ in range(20):
                    await channel.raw_unary("/x/Ignore", b"x" * 50_000)
                await channel.unary(ECHO, BytesValue(value=b"x" * 1_000_000))

    run(main())


def test_an_unread_stream_stops_its_sender_only(tmp_path: Path) -> None:
    produced = 0

    async def flood(_: Int64Value, __: Context) -> AsyncIterator[BytesValue]:
        nonlocal produced
        while True:
            yield BytesValue(value=b"x" * 10_000)
            produced += 10_000

    async def main() -> None:
        handlers = {PULL.path: unary_stream(PULL, flood), ECHO.path: unary_unary(ECHO, echo)}
        async with Server(handlers) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with (
                Channel(UnixTarget(str(tmp_path / "s"))) as channel,
                channel.stream(PULL) as stream,
            ):
                await stream.send(Int64Value())
                await stream.done()
                for _ in range(20):
                    reply = await channel.unary(ECHO, BytesValue(value=b"x" * 100_000))
                    assert len(reply.value) == 100_000
                assert stream.call.stream.queued <= 256 << 10
                assert produced < 1 << 20

    run(main())


def test_calls_given_up_in_the_packet_that_starts_them_starve_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        limits = Limits(stream_window=65535, connection_window=65536 * 2)
        async with Server(HANDLERS, limits=limits) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
                await channel.unary(ECHO, BytesValue())
                for _ in range(50):
                    call = await channel.start(ECHO.path)
                    await call.send(b"x" * 10_000)
                    call.close()  # all leaves in one piece
                    await settle()
                reply = await channel.unary(ECHO, BytesValue(value=b"x" * 1_000_000))
                assert len(reply.value) == 1_000_000

    run(main())


class FakeEngine:
    def __init__(self) -> None:
        self.credited = 0

    def credit(self, _: int, count: int) -> None:
        self.credited += count

    def reset(self, _: int, __: int) -> None:
        pass


class FakeLink:
    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.budget = Budget()

    def flush_soon(self) -> None:
        pass

    def release(self, _: Stream) -> None:
        pass


steps = st.lists(
    st.sampled_from(["read", "credit", "fail", "reset", "discard"]) | st.integers(0, 1000),
    max_size=30,
)


@given(steps)
def test_all_that_was_received_is_credited_exactly_once(script: list[str | int]) -> None:
    async def main() -> None:
        link = FakeLink()
        stream = Stream(link, 1)  # type: ignore[arg-type]  # a fake of what is used here
        received, held = 0, []
        for step in script:
            if isinstance(step, int):
                stream.got_data(b"x" * step, step + 3, end=False)  # 3: padding
                received += step + 3
            elif step == "read" and stream._chunks:
                held.append(await stream.read())
            elif step == "credit" and held:
                chunk = held.pop()
                assert chunk is not None
                stream.credit(chunk.credit)
            elif step == "fail":
                stream.fail(RpcError(Code.CANCELLED))
            elif step == "reset":
                stream.reset()
            elif step == "discard":
                stream.discard()
            assert link.engine.credited <= received
            assert link.engine.credited + stream.queued == received
            assert link.budget.held == stream.held
        stream.discard()
        assert link.engine.credited == received
        assert link.budget.held == 0

    run(main())
