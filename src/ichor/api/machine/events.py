"""Events: a hello without content, what was asked for of the past, then what comes."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta

from ichor.api.events import EventLog, Happened
from ichor.api.machine.table import streaming
from ichor.errors import InputError
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler


class EventService:
    def __init__(self, events: EventLog, now: Callable[[], datetime]) -> None:
        self._events = events
        self._now = now

    def handlers(self) -> Mapping[str, Handler]:
        return streaming("Events", pb.EventsRequest, pb.Event, self.events)

    async def events(self, request: pb.EventsRequest, context: Context) -> AsyncIterator[pb.Event]:
        last = self._events.last
        past = self._past(request)
        yield pb.Event()
        actor = request.with_actor_id
        for event in past:
            if not actor or event.actor == actor:
                yield message(event)
        async for event in self._events.follow(last):
            if not actor or event.actor == actor:
                yield message(event)

    def _past(self, request: pb.EventsRequest) -> list[Happened]:
        """Give what the filters keep of the past; without any, nothing."""
        chosen = [request.tail_events != 0, bool(request.tail_id), request.tail_seconds != 0]
        if sum(chosen) > 1:
            raise InputError("expected one of tail_events, tail_id and tail_seconds")
        present = self._events.since()
        if request.tail_id:
            return [event for event in present if event.id > request.tail_id]
        if request.tail_seconds:
            begin = self._now() - timedelta(seconds=request.tail_seconds)
            return [event for event in present if event.at >= begin]
        count = request.tail_events
        return present if count < 0 else present[len(present) - min(count, len(present)) :]


def message(event: Happened) -> pb.Event:
    return pb.Event(data=event.data, id=event.id, actor_id=event.actor)
