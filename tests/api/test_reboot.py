"""Our own Reboot: what it is asked for with becomes the operation's, or a refusal."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.api.serving import CLOCK, refused, serving

from ichor.api.events import EventLog
from ichor.api.machine.departure import Departure
from ichor.api.machine.reboot import STOPPING, RebootService
from ichor.api.operations import Operations
from ichor.client.machine import Node
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Operation, OperationStatus, State
from ichor.cosi.resource import key_of, resource
from ichor.cosi.state import find_all
from ichor.errors import Conflict
from ichor.proto.ichor import power_pb2 as pb
from ichor.rpc.status import Code, RpcError


class FakeQuorum:
    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.claims: list[timedelta] = []
        self.released = 0

    async def check(self) -> None:
        if self.reason:
            raise Conflict(self.reason)

    async def claim(self, longest: timedelta) -> None:
        await self.check()
        self.claims.append(longest)

    def release(self) -> None:
        self.released += 1


async def ask(node: Node, request: pb.RebootRequest) -> str:
    answer = await node.call("Reboot", request, pb.RebootResponse, module=pb, service="Power")
    return answer.actor_id


def run(
    tmp_path: Path,
    quorum: FakeQuorum,
    check: Callable[[Node], Awaitable[None]],
    state: Memory | None = None,
) -> list[Operation]:
    state = state or Memory(CLOCK.now)
    operations = Operations(state, EventLog(CLOCK.now, b"12345"))
    service = RebootService(Departure(operations, quorum))

    async def main() -> None:
        async with serving(tmp_path, service.handlers()) as node:
            await check(node)

    asyncio.run(main())
    return [one.spec for one in find_all(state, Operation)]


def test_what_is_asked_for_is_what_the_operation_does(tmp_path: Path) -> None:
    quorum = FakeQuorum()

    async def check(node: Node) -> None:
        request = pb.RebootRequest(drain=True, keep_quorum=True)
        request.drain_timeout.FromTimedelta(timedelta(seconds=90))
        assert await ask(node, request)

    (asked,) = run(tmp_path, quorum, check)
    assert asked.sequence == "reboot"
    assert asked.parameters == {"force": "false", "drain": "true", "drain-timeout": "90.0"}
    assert quorum.claims == [timedelta(seconds=90) + STOPPING]


def test_nobody_is_asked_who_need_not_be(tmp_path: Path) -> None:
    quorum = FakeQuorum("two members")

    async def check(node: Node) -> None:
        await ask(node, pb.RebootRequest(force=True))

    (asked,) = run(tmp_path, quorum, check)
    assert asked.parameters == {"force": "true", "drain": "false", "drain-timeout": "300.0"}


@pytest.mark.parametrize("only_ask", [True, False])
def test_a_machine_that_is_needed_stays(tmp_path: Path, only_ask: bool) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await ask(node, pb.RebootRequest(keep_quorum=True, only_ask=only_ask))
        refused(error.value, Code.FAILED_PRECONDITION, "two members")

    assert run(tmp_path, FakeQuorum("two members"), check) == []


def test_who_only_asks_does_not_reboot(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        assert await ask(node, pb.RebootRequest(only_ask=True)) == ""

    assert run(tmp_path, FakeQuorum(), check) == []


@pytest.mark.parametrize("seconds", [0, -1, 86401, 2**62, -(2**62)])
def test_a_time_that_is_none_is_refused(tmp_path: Path, seconds: int) -> None:
    async def check(node: Node) -> None:
        request = pb.RebootRequest(drain=True)
        request.drain_timeout.seconds = seconds
        request.drain_timeout.SetInParent()
        with pytest.raises(RpcError) as error:
            await ask(node, request)
        refused(error.value, Code.INVALID_ARGUMENT, "drain_timeout")

    assert run(tmp_path, FakeQuorum(), check) == []


GOING = pb.RebootRequest(keep_quorum=True)


@pytest.mark.parametrize("end", [State.FAILED, State.REFUSED, State.CANCELED, None])
def test_a_claim_is_for_one_reboot_and_ends_with_it(tmp_path: Path, end: State | None) -> None:
    """end: of its operation; None where it is taken away and forgotten."""
    state, quorum = Memory(CLOCK.now), FakeQuorum()

    async def check(node: Node) -> None:
        actor = await ask(node, GOING)
        begun = state.create(resource(OperationStatus(sequence="reboot"), actor))
        with pytest.raises(RpcError) as error:
            await ask(node, GOING)
        refused(error.value, Code.FAILED_PRECONDITION, "about to go already")
        assert (len(quorum.claims), quorum.released) == (1, 0)
        if end is None:
            state.destroy(key_of(OperationStatus, actor))
        else:
            state.update(replace(begun, spec=OperationStatus(sequence="reboot", state=end)))
        await asyncio.sleep(0)
        assert quorum.released == 1
        await ask(node, GOING)
        assert len(quorum.claims) == 2

    run(tmp_path, quorum, check, state)


def test_who_was_refused_has_no_claim(tmp_path: Path) -> None:
    quorum = FakeQuorum("two members")

    async def check(node: Node) -> None:
        for _ in range(2):
            with pytest.raises(RpcError) as error:
                await ask(node, GOING)
            refused(error.value, Code.FAILED_PRECONDITION, "two members")

    assert run(tmp_path, quorum, check) == []
    assert quorum.released == 2
