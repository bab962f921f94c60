import asyncio
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.api.serving import CLOCK, refused, serving

from ichor.api.events import EventLog
from ichor.api.machine.power import PowerService
from ichor.ports.power import Ending
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import Code, RpcError


class FakePower:
    """Ends once."""

    def __init__(self) -> None:
        self.asked: list[tuple[Ending, frozenset[str]]] = []

    def end(self, ending: Ending, wipe: frozenset[str]) -> bool:
        if self.asked:
            return False
        self.asked.append((ending, wipe))
        return True


def ask(tmp_path: Path, *calls: Message) -> tuple[FakePower, EventLog, list[Message]]:
    power, events = FakePower(), EventLog(CLOCK.now, b"12345")

    async def run() -> list[Message]:
        replies: list[Message] = []
        async with serving(tmp_path, PowerService(power, events).handlers()) as node:
            for request in calls:
                name = type(request).__name__.removesuffix("Request")
                reply: type[Message] = getattr(pb, f"{name}Response")
                replies.append(await node.call(name, request, reply))
        return replies

    return power, events, asyncio.run(run())


def test_reboot_and_shutdown_end_the_run_and_are_told_with_their_actor(tmp_path: Path) -> None:
    power, events, (reply,) = ask(tmp_path, pb.RebootRequest())
    assert power.asked == [(Ending.RESTART, frozenset())]
    assert isinstance(reply, pb.RebootResponse)
    assert [one.actor for one in events.since()] == [reply.messages[0].actor_id]
    power, _, _ = ask(tmp_path, pb.ShutdownRequest())
    assert power.asked == [(Ending.POWER_OFF, frozenset())]


def test_reset_wipes_all_or_what_is_named(tmp_path: Path) -> None:
    power, _, _ = ask(tmp_path, pb.ResetRequest(reboot=True))
    assert power.asked == [(Ending.RESTART, frozenset({"STATE", "EPHEMERAL"}))]
    named = [pb.ResetPartitionSpec(label="EPHEMERAL", wipe=True)]
    power, _, _ = ask(tmp_path, pb.ResetRequest(system_partitions_to_wipe=named))
    assert power.asked == [(Ending.POWER_OFF, frozenset({"EPHEMERAL"}))]


def test_a_second_end_is_locked_out(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        ask(tmp_path, pb.RebootRequest(), pb.ResetRequest())
    refused(caught.value, Code.FAILED_PRECONDITION, "locked")


@pytest.mark.parametrize(
    "request_",
    [
        pb.ResetRequest(system_partitions_to_wipe=[pb.ResetPartitionSpec(label="X", wipe=True)]),
        pb.ResetRequest(user_disks_to_wipe=["/dev/sda"]),
        pb.ResetRequest(mode=pb.ResetRequest.SYSTEM_DISK, user_disks_to_wipe=["/dev/sda"]),
        pb.ResetRequest(
            mode=pb.ResetRequest.USER_DISKS,
            system_partitions_to_wipe=[pb.ResetPartitionSpec(label="STATE", wipe=True)],
        ),
    ],
)
def test_a_reset_of_what_is_not_there_is_refused(tmp_path: Path, request_: pb.ResetRequest) -> None:
    with pytest.raises(RpcError) as caught:
        ask(tmp_path, request_)
    refused(caught.value, Code.INVALID_ARGUMENT)


@pytest.mark.parametrize(
    "request_",
    [pb.RollbackRequest(), pb.UpgradeRequest(), pb.MetaWriteRequest(), pb.MetaDeleteRequest()],
)
def test_what_a_container_cannot_do_is_said(tmp_path: Path, request_: Message) -> None:
    with pytest.raises(RpcError) as caught:
        ask(tmp_path, request_)
    refused(caught.value, Code.FAILED_PRECONDITION, "method is not supported in container mode")
