"""Operations as the machine API asks for them and tells of them."""

import asyncio
from collections.abc import Mapping

from ichor.api.events import EventLog
from ichor.cosi.operation import (
    Code,
    Operation,
    OperationEvent,
    OperationStatus,
    PhaseEvent,
    SequenceEvent,
    TaskEvent,
)
from ichor.cosi.resource import kind_of, resource
from ichor.cosi.state import Event, EventType, State, Watch
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb

_CODES = {
    Code.LOCKED: common_pb2.LOCKED,
    Code.CANCELED: common_pb2.CANCELED,
    Code.FATAL: common_pb2.FATAL,
}


class Operations:
    """What is asked for once; the answer is an actor id, by which events of it are known."""

    def __init__(self, state: State, events: EventLog) -> None:
        self._state = state
        self._events = events

    def ask(
        self, sequence: str, parameters: Mapping[str, str] | None = None, *, takeover: bool = False
    ) -> str:
        actor = self._events.new_id()
        spec = Operation(sequence=sequence, parameters=parameters or {}, takeover=takeover)
        self._state.create(resource(spec, actor))
        return actor

    async def over(self, actor: str) -> None:
        """Wait until an operation is: it was refused, failed, was canceled or is done."""
        ended, seen = asyncio.Event(), False

        def deliver(event: Event) -> None:
            nonlocal seen
            status = event.resource.spec if event.resource is not None else None
            if event.type is EventType.DESTROYED:  # also told of one that is not there yet
                is_over = seen
            else:
                seen = isinstance(status, OperationStatus)
                is_over = isinstance(status, OperationStatus) and not status.is_running
            if is_over:
                ended.set()

        cancel = self._state.watch(Watch(kind=kind_of(OperationStatus), id=actor), deliver)
        try:
            await ended.wait()
        finally:
            cancel()

    def tell(self, event: OperationEvent) -> None:
        """Publish what the sequencer says."""
        match event:
            case SequenceEvent(actor=actor):
                self._events.publish(sequence_event(event), actor)
            case PhaseEvent(actor=actor, phase=phase, action=action):
                self._events.publish(pb.PhaseEvent(phase=phase, action=action.name), actor)
            case TaskEvent(actor=actor, task=task, action=action):
                self._events.publish(pb.TaskEvent(task=task, action=action.name), actor)


def sequence_event(event: SequenceEvent) -> pb.SequenceEvent:
    error = None
    if event.code is not None:
        error = common_pb2.Error(code=_CODES[event.code], message=event.error)
    return pb.SequenceEvent(sequence=event.sequence, action=event.action.name, error=error)
