import asyncio
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.api.serving import CLOCK, refused, serving

from ichor.api.events import EventLog
from ichor.api.machine.events import EventService
from ichor.api.machine.power import PowerService
from ichor.api.operations import Operations
from ichor.client.operation import actor_of
from ichor.client.operation import refused as why_refused
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Action, Operation, SequenceEvent
from ichor.cosi.operation import Code as OperationCode
from ichor.cosi.state import find_all
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import Code, RpcError


def ask(tmp_path: Path, *calls: Message) -> tuple[list[Operation], list[str]]:
    state = Memory(CLOCK.now)
    operations = Operations(state, EventLog(CLOCK.now, b"12345"))

    async def run() -> list[str]:
        actors: list[str] = []
        async with serving(tmp_path, PowerService(operations).handlers()) as node:
            for request in calls:
                name = type(request).__name__.removesuffix("Request")
                reply = await node.call(name, request, getattr(pb, f"{name}Response"))
                actors.append(reply.messages[0].actor_id)
        return actors

    actors = asyncio.run(run())
    asked = find_all(state, Operation)
    assert [one.id for one in asked] == actors
    return [one.spec for one in asked], actors


def test_reboot_and_shutdown_are_operations_with_an_actor(tmp_path: Path) -> None:
    asked, actors = ask(
        tmp_path,
        pb.RebootRequest(),
        pb.RebootRequest(mode=pb.RebootRequest.FORCE),
        pb.ShutdownRequest(),
    )
    assert [(one.sequence, one.parameters, one.takeover) for one in asked] == [
        ("reboot", {"force": "false"}, False),
        ("reboot", {"force": "true"}, False),
        ("shutdown", {"force": "false"}, True),
    ]
    assert len(set(actors)) == 3


def test_reset_wipes_all_or_what_is_named(tmp_path: Path) -> None:
    named = [pb.ResetPartitionSpec(label="EPHEMERAL", wipe=True)]
    asked, _ = ask(
        tmp_path,
        pb.ResetRequest(reboot=True, graceful=True),
        pb.ResetRequest(system_partitions_to_wipe=named),
    )
    assert [one.parameters for one in asked] == [
        {"graceful": "true", "reboot": "true", "wipe": "EPHEMERAL,STATE"},
        {"graceful": "false", "reboot": "false", "wipe": "EPHEMERAL"},
    ]


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


@pytest.mark.parametrize("code", [OperationCode.LOCKED, OperationCode.CANCELED])
def test_whoever_waits_for_an_operation_hears_that_there_is_none(
    tmp_path: Path, code: OperationCode
) -> None:
    events = EventLog(CLOCK.now, b"12345")
    operations = Operations(Memory(CLOCK.now), events)
    handlers = {
        **PowerService(operations).handlers(),
        **EventService(events, CLOCK.now).handlers(),
    }

    async def run() -> tuple[str, str]:
        async with serving(tmp_path, handlers) as node:
            reply = await node.call("Reset", pb.ResetRequest(), pb.ResetResponse)
            actor = actor_of(reply)
            operations.tell(
                SequenceEvent(actor, "reset", Action.NOOP, code, "initialize is running")
            )
            return actor, await why_refused(node, actor)

    actor, why = asyncio.run(asyncio.wait_for(run(), 10))
    assert actor
    assert why == f"{code.name}: initialize is running"


def test_a_machine_that_ends_tells_nothing_of_its_operation(tmp_path: Path) -> None:
    operations = Operations(Memory(CLOCK.now), EventLog(CLOCK.now, b"12345"))

    async def run() -> str:
        async with serving(tmp_path, PowerService(operations).handlers()) as node:
            return await why_refused(node, "actor")

    assert asyncio.run(run()) == ""
