"""What callers make a process hold is bounded, whoever they are and however many; others get on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value
from tests.rpc.echo import ECHO, HANDLERS, PULL, run

from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.dial import DialOptions
from ichor.rpc.engine import Limits
from ichor.rpc.outcall import OutCall
from ichor.rpc.peer import UnixTarget
from ichor.rpc.proxy import Backend, One, Route, proxy
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError

MIB = 1 << 20


class Part:
    def __init__(self, name: str, budget: Budget) -> None:
        self.name = name
        self.held = 0
        self.budget = budget
        self.ended = False

    def exhaust(self) -> None:
        self.ended = True
        self.budget.give(self, self.held)


def test_who_holds_most_makes_room_for_the_others() -> None:
    budget = Budget(100)
    small, large, late = (Part(name, budget) for name in ("small", "large", "late"))
    budget.take(small, 20)
    budget.take(large, 60)
    budget.take(late, 30)
    assert [small.ended, large.ended, late.ended] == [False, True, False]
    assert budget.held == 50


def test_of_equals_the_newest_makes_room() -> None:
    budget = Budget(100)
    parts = [Part(str(number), budget) for number in range(5)]
    for part in parts:
        budget.take(part, 25)
    assert [part.ended for part in parts] == [False, False, False, False, True]


def test_one_that_asks_for_more_than_there_is_ends_itself() -> None:
    budget = Budget(100)
    small, large = Part("small", budget), Part("large", budget)
    budget.take(small, 10)
    budget.take(large, 101)
    assert (small.ended, large.ended, budget.held) == (False, True, 10)


async def never(_: Context) -> None:
    await asyncio.Event().wait()


async def keep(context: Context) -> None:
    await context.receive_one()
    await asyncio.Event().wait()


async def answer_much(context: Context) -> None:
    await context.send(b"x" * (MIB // 2))


async def turn() -> None:
    await asyncio.sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await turn()


async def outcome(call: Awaitable[object]) -> Code:
    try:
        await call
    except RpcError as error:
        return error.code
    return Code.OK


RESOURCE = Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/x/Never", b"x" * 200_000, id="unread"),
        pytest.param("/x/Keep", b"x" * 200_000, id="read"),
    ],
)
def test_many_callers_with_large_messages_end_each_other_and_no_small_call(
    tmp_path: Path, path: str, body: bytes
) -> None:
    budget = Budget(MIB)
    peak = 0

    async def large(channel: Channel) -> None:
        call = await channel.start(path)
        try:
            await call.send(body, end=True)
            await call.receive()
        finally:
            call.close()

    async def main() -> None:
        nonlocal peak
        handlers = {**HANDLERS, "/x/Never": never, "/x/Keep": keep}
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(Server(handlers, budget=budget))
            await server.listen_unix(str(tmp_path / "s"))
            channels = [
                await stack.enter_async_context(Channel(UnixTarget(str(tmp_path / "s"))))
                for _ in range(15)
            ]
            calls = [asyncio.create_task(outcome(large(one))) for one in channels]
            for _ in range(5):
                reply = await channels[0].unary(ECHO, BytesValue(value=b"small"))
                assert reply.value == b"small"
                peak = max(peak, budget.held)
                assert budget.held <= budget.limit
            await until(lambda: sum(call.done() for call in calls) > 5 or not budget.held)
            assert {call.result() for call in calls if call.done()} <= {RESOURCE}
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await until(lambda: budget.held == 0)
        assert peak > 0

    run(main())


def test_answers_that_nobody_reads_are_bounded(tmp_path: Path) -> None:
    budget = Budget(2 * MIB)

    async def main() -> None:
        handlers = {**HANDLERS, "/x/AnswerMuch": answer_much}
        async with Server(handlers, budget=budget) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
                calls = [await ask(channel, "/x/AnswerMuch") for _ in range(12)]
                await until(lambda: sum(call.stream.failure is not None for call in calls) >= 8)
                assert budget.held <= budget.limit
                reply = await channel.unary(ECHO, BytesValue(value=b"small"))
                assert reply.value == b"small"
                for call in calls:
                    call.close()
                await until(lambda: budget.held == 0)

    run(main())


async def write_bytes(call: OutCall, count: int) -> None:
    """Each in a frame of its own."""
    for _ in range(count):
        await call.stream.write(b"x")
        await turn()


async def drain(call: OutCall) -> None:
    while await call.receive() is not None:
        pass


async def ask(channel: Channel, path: str) -> OutCall:
    call = await channel.start(path)
    await call.send(b"", end=True)
    return call


def test_tiny_pieces_count_for_what_they_weigh(tmp_path: Path) -> None:
    budget = Budget(MIB // 4)

    async def main() -> None:
        async with Server({"/x/Never": never}, budget=budget) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
                call = await channel.start("/x/Never")
                with pytest.raises(RpcError, match="RESOURCE_EXHAUSTED"):
                    await write_bytes(call, 3000)
                call.close()
                await until(lambda: budget.held == 0)

    run(main())


def test_calls_themselves_are_bounded(tmp_path: Path) -> None:
    budget = Budget(MIB // 4)

    async def main() -> None:
        async with Server({**HANDLERS, "/x/Never": never}, budget=budget) as server:
            await server.listen_unix(str(tmp_path / "s"))
            async with Channel(UnixTarget(str(tmp_path / "s"))) as channel:
                metadata = [(f"k{number}", "v" * 100) for number in range(100)]
                calls = [await channel.start("/x/Never", metadata=metadata) for _ in range(12)]
                await until(lambda: sum(call.stream.failure is not None for call in calls) > 5)
                await channel.unary(ECHO, BytesValue(value=b"small"))
                for call in calls:
                    call.close()
                await until(lambda: budget.held == 0)

    run(main())


def through_proxy(
    directory: Path, budget: Budget, play: Callable[[Channel], Awaitable[None]]
) -> None:
    async def main() -> None:
        handlers = {**HANDLERS, "/x/Never": never}
        async with Server(handlers) as back, AsyncExitStack() as stack:
            await back.listen_unix(str(directory / "back"))
            target = UnixTarget(str(directory / "back"))
            backend = await stack.enter_async_context(Channel(target, budget=budget))

            async def direct(_: Context) -> Route:
                return One(Backend("b", backend))

            front = Server({}, unknown=proxy(direct), budget=budget)
            await stack.enter_async_context(front)
            await front.listen_unix(str(directory / "front"))
            front_target = UnixTarget(str(directory / "front"))
            # Who stands still has little room itself: what there is waits in the proxy.
            options = DialOptions(limits=Limits(streams=0, stream_window=16384))
            await play(await stack.enter_async_context(Channel(front_target, options=options)))
            await until(lambda: budget.held == 0)

    run(main())


def test_readers_that_stand_still_stop_nobody_behind_a_proxy(tmp_path: Path) -> None:
    budget = Budget()

    async def play(channel: Channel) -> None:
        still = [await channel.start(PULL.path) for _ in range(45)]
        for call in still:
            await call.send(Int64Value(value=100).SerializeToString(), end=True)
        # More than the 4 MiB that a connection's window would let through.
        await until(lambda: budget.held > 6 * MIB)
        reply = await channel.unary(ECHO, BytesValue(value=b"x" * 100_000))
        assert len(reply.value) == 100_000
        for call in still:
            call.close()

    through_proxy(tmp_path, budget, play)


def test_a_proxy_ends_whole_calls_and_says_why(tmp_path: Path) -> None:
    budget = Budget(MIB)

    async def play(channel: Channel) -> None:
        still = [await channel.start(PULL.path) for _ in range(12)]
        for call in still:
            await call.send(Int64Value(value=100).SerializeToString(), end=True)
        await until(lambda: any(call.stream.failure is not None for call in still))
        failed = next(call for call in still if call.stream.failure is not None)
        with pytest.raises(RpcError, match="RESOURCE_EXHAUSTED"):
            await drain(failed)
        reply = await channel.unary(ECHO, BytesValue(value=b"small"))
        assert reply.value == b"small"
        for call in still:
            call.close()

    through_proxy(tmp_path, budget, play)


def test_an_upload_larger_than_the_budget_passes_a_proxy(tmp_path: Path) -> None:
    budget = Budget(3 * MIB // 4)

    async def play(channel: Channel) -> None:
        async with channel.stream(ECHO) as stream:
            await stream.send(BytesValue(value=b"x" * MIB))
            await stream.done()
            reply = await stream.receive()
            assert reply is not None
            assert len(reply.value) == MIB

    through_proxy(tmp_path, budget, play)


SERVER = """
import asyncio, resource, sys
from ichor.rpc.budget import Budget
from ichor.rpc.server import Server

async def keep(context):
    await context.receive_one()
    await asyncio.Event().wait()

async def peak(context):
    await context.receive_one()
    await context.send(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10).encode())

async def main():
    server = Server({"/x/Keep": keep, "/x/Peak": peak}, budget=Budget(2 << 20))
    await server.listen_unix(sys.argv[1])
    print("up", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_process_under_many_large_messages_stays_within_its_memory(tmp_path: Path) -> None:
    """Twenty messages of 2 MiB are 40: with a budget of 2 the process grows by a fraction."""
    argv = [sys.executable, "-c", SERVER, str(tmp_path / "s")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE)

    async def main() -> None:
        target = UnixTarget(str(tmp_path / "s"))
        async with AsyncExitStack() as stack:
            channels = [await stack.enter_async_context(Channel(target)) for _ in range(20)]
            before = int(await channels[0].raw_unary("/x/Peak", b""))
            body = b"x" * 2 * MIB
            calls = [
                asyncio.create_task(outcome(one.raw_unary("/x/Keep", body))) for one in channels
            ]
            await until(lambda: sum(call.done() for call in calls) >= 19)
            assert {call.result() for call in calls if call.done()} == {RESOURCE}
            assert int(await channels[0].raw_unary("/x/Peak", b"")) - before < 16 * MIB
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        run(main())
    finally:
        process.kill()
        process.communicate()
