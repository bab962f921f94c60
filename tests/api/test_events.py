import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.api.serving import CLOCK, memory, refused, serving

from ichor.api.event_tap import EventTap
from ichor.api.events import KEPT, EventLog
from ichor.api.machine.events import EventService
from ichor.api.operations import Operations
from ichor.cosi import operation
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Action, PhaseEvent, SequenceEvent, TaskEvent
from ichor.cosi.resource import Spec, resource
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus, Readiness, UnmetCondition
from ichor.resources.runtime.service_status import HealthStatus, ServiceEvent, ServiceStatus
from ichor.rpc.status import Code as RpcCode
from ichor.rpc.status import RpcError


def log() -> EventLog:
    return EventLog(CLOCK.now, b"\1\2\3\4\5")


def told(events: EventLog) -> list[object]:
    kinds = {
        f"talos/runtime/machine.{kind.__name__}": kind
        for kind in (
            pb.ServiceStateEvent,
            pb.MachineStatusEvent,
            pb.AddressEvent,
            pb.SequenceEvent,
            pb.PhaseEvent,
            pb.TaskEvent,
        )
    }
    return [kinds[one.data.type_url].FromString(one.data.value) for one in events.since()]


def tapped() -> tuple[Memory, EventLog]:
    state, events = memory(), log()
    EventTap(state, events).attach()
    return state, events


def put(state: Memory, spec: Spec, id: str) -> None:
    made = resource(spec, id)
    old = state.find(made.key)
    if old is None:
        state.create(made)
    else:
        state.update(replace(old, spec=spec))


def happened(state: str) -> ServiceEvent:
    return ServiceEvent(state=state, message=f"now {state}", at=CLOCK.now())


def test_ids_ascend_and_have_the_form_of_xids() -> None:
    events = log()
    ids = [events.new_id() for _ in range(50)]
    assert ids == sorted(set(ids))
    assert all(len(one) == 20 and one.isalnum() for one in ids)


def test_a_thousand_events_are_kept() -> None:
    events = log()
    for number in range(KEPT + 5):
        events.publish(pb.TaskEvent(task=str(number)))
    assert len(events.since()) == KEPT
    assert pb.TaskEvent.FromString(events.since()[0].data.value).task == "5"


def test_each_new_entry_of_a_service_is_an_event() -> None:
    state, events = tapped()
    first, second, third = (happened(word) for word in ("Preparing", "Starting", "Running"))
    put(state, ServiceStatus(state="Starting", events=(first, second)), "etcd")
    put(state, ServiceStatus(state="Running", events=(first, second, third)), "etcd")
    actions = pb.ServiceStateEvent.Action
    assert [one.action for one in told(events) if isinstance(one, pb.ServiceStateEvent)] == [
        actions.Value(word) for word in ("PREPARING", "STARTING", "RUNNING")
    ]


def test_health_is_told_when_it_flips_and_not_while_it_is_unknown() -> None:
    state, events = tapped()
    put(state, ServiceStatus(state="Running"), "etcd")
    put(state, HealthStatus(), "etcd")
    put(state, HealthStatus(unknown=False, healthy=True), "etcd")
    put(state, HealthStatus(unknown=False, healthy=True, message="again"), "etcd")
    put(state, HealthStatus(unknown=False, message="no quorum"), "etcd")
    messages = [one.message for one in told(events) if isinstance(one, pb.ServiceStateEvent)]
    assert messages == ["Health check successful", "Health check failed: no quorum"]


def test_stage_and_conditions_are_told() -> None:
    state, events = tapped()
    unmet = (UnmetCondition(name="time", reason="not in sync"),)
    status = MachineStatus(stage=MachineStage.BOOTING, status=Readiness(unmet_conditions=unmet))
    put(state, status, "machine")
    (event,) = told(events)
    assert isinstance(event, pb.MachineStatusEvent)
    assert event.stage == pb.MachineStatusEvent.BOOTING
    assert event.status.unmet_conditions[0].reason == "not in sync"


def test_addresses_are_told_with_the_name() -> None:
    state, events = tapped()
    put(state, HostnameStatus(hostname="n1"), "hostname")
    put(state, NodeAddress(addresses=("10.0.0.2/24",)), "current")
    put(state, NodeAddress(addresses=("10.0.0.2/24",)), "accumulative")
    assert told(events)[-1] == pb.AddressEvent(hostname="n1", addresses=["10.0.0.2"])
    assert len(told(events)) == 2


def test_operations_are_told_under_their_actor() -> None:
    state, events = tapped()
    tell = Operations(state, events).tell
    tell(SequenceEvent("op1", "boot", Action.START))
    tell(PhaseEvent("op1", "ephemeral", Action.START))
    tell(TaskEvent("op1", "mountEphemeralPartition", Action.STOP))
    tell(SequenceEvent("op1", "boot", Action.NOOP, operation.Code.LOCKED, "reset is running"))
    error = common_pb2.Error(code=common_pb2.LOCKED, message="reset is running")
    assert told(events) == [
        pb.SequenceEvent(sequence="boot", action=pb.SequenceEvent.START),
        pb.PhaseEvent(phase="ephemeral", action=pb.PhaseEvent.START),
        pb.TaskEvent(task="mountEphemeralPartition", action=pb.TaskEvent.STOP),
        pb.SequenceEvent(sequence="boot", action=pb.SequenceEvent.NOOP, error=error),
    ]
    assert {one.actor for one in events.since()} == {"op1"}


async def first(
    tmp_path: Path, events: EventLog, request: pb.EventsRequest, count: int
) -> list[str]:
    """Give the tasks of the first events after the hello."""
    async with serving(tmp_path, EventService(events, CLOCK.now).handlers()) as node:
        stream = node.stream("Events", request, pb.Event)
        assert await anext(stream) == pb.Event()
        found = [await anext(stream) for _ in range(count)]
        await stream.aclose()  # type: ignore[attr-defined]
        return [pb.TaskEvent.FromString(one.data.value).task for one in found]


def filled() -> EventLog:
    events = log()
    for number in range(5):
        events.publish(pb.TaskEvent(task=str(number)), actor="odd" if number % 2 else "even")
    return events


def test_a_stream_begins_with_hello_and_what_was_asked_of_the_past(tmp_path: Path) -> None:
    events = filled()
    ask = pb.EventsRequest
    assert asyncio.run(first(tmp_path, events, ask(tail_events=2), 2)) == ["3", "4"]
    assert asyncio.run(first(tmp_path, events, ask(tail_events=-1), 5)) == list("01234")
    after = events.since()[2].id
    assert asyncio.run(first(tmp_path, events, ask(tail_id=after), 2)) == ["3", "4"]
    assert asyncio.run(first(tmp_path, events, ask(tail_seconds=60), 5)) == list("01234")
    only = ask(tail_events=-1, with_actor_id="odd")
    assert asyncio.run(first(tmp_path, events, only, 2)) == ["1", "3"]


def test_events_of_the_future_arrive(tmp_path: Path) -> None:
    events = filled()

    async def run() -> str:
        async with serving(tmp_path, EventService(events, CLOCK.now).handlers()) as node:
            stream = node.stream("Events", pb.EventsRequest(), pb.Event)
            await anext(stream)
            events.publish(pb.TaskEvent(task="new"))
            found = await anext(stream)
            await stream.aclose()  # type: ignore[attr-defined]
            return pb.TaskEvent.FromString(found.data.value).task

    assert asyncio.run(run()) == "new"


def test_two_filters_of_the_past_are_refused(tmp_path: Path) -> None:
    request = pb.EventsRequest(tail_events=1, tail_seconds=1)
    with pytest.raises(RpcError) as caught:
        asyncio.run(first(tmp_path, filled(), request, 1))
    refused(caught.value, RpcCode.INVALID_ARGUMENT)


def test_events_older_than_the_time_asked_for_stay_away() -> None:
    now = CLOCK.now() + timedelta(hours=1)
    service = EventService(filled(), lambda: now)
    assert service._past(pb.EventsRequest(tail_seconds=60)) == []
