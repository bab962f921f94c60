"""Collection: the resources of one kind, their last events, and who listens.

Events are numbered per kind. A bookmark is (life of the store, number), 16 bytes big-endian: it is
refused after a restart, and when the ring has dropped the event that would come next.
"""

import struct
from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from ichor.cosi.query import ANYTHING, Query
from ichor.cosi.state import AnyResource, Cancel, Deliver, Event, EventType, Watch
from ichor.errors import InputError

_BOOKMARK = struct.Struct(">QQ")


class Collection:
    def __init__(self, life: int, history: int) -> None:
        self.items: dict[str, AnyResource] = {}
        self._life = life
        self._number = 0
        self._history: deque[Event] = deque(maxlen=history)
        self._listeners: dict[int, tuple[Watch, Deliver]] = {}
        self._next_listener = 0
        self._sorted: Sequence[AnyResource] | None = None

    def list(self, query: Query = ANYTHING) -> Sequence[AnyResource]:
        if self._sorted is None:
            items = self.items
            self._sorted = tuple(items[id] for id in sorted(items))
        if query.is_open:
            return self._sorted
        return tuple(item for item in self._sorted if query.matches(item))

    def put(self, new: AnyResource) -> Event:
        """Hold the resource; give the event that tells it."""
        old = self.items.get(new.id)
        self.items[new.id] = new
        kind = EventType.CREATED if old is None else EventType.UPDATED
        return self._record(Event(type=kind, resource=new, old=old, bookmark=self._advance()))

    def drop(self, id: str) -> Event:
        last = self.items.pop(id)
        event = Event(type=EventType.DESTROYED, resource=last, bookmark=self._advance())
        return self._record(event)

    def tell(self, event: Event) -> None:
        for watch, deliver in tuple(self._listeners.values()):
            seen = as_seen(watch, event)
            if seen is not None:
                deliver(seen)

    def watch(self, watch: Watch, deliver: Deliver) -> Cancel:
        for event in self._beginning(watch):
            deliver(event)
        number = self._next_listener
        self._next_listener += 1
        self._listeners[number] = (watch, deliver)

        def cancel() -> None:
            self._listeners.pop(number, None)

        return cancel

    def _advance(self) -> bytes:
        self._number += 1
        self._sorted = None
        return self._bookmark()

    def _bookmark(self) -> bytes:
        return _BOOKMARK.pack(self._life, self._number)

    def _record(self, event: Event) -> Event:
        self._history.append(event)
        return event

    def _beginning(self, watch: Watch) -> Sequence[Event]:
        if watch.resume:
            return self._after(watch)
        past = self._tail(watch)
        if watch.id is not None:
            return past or (self._present(watch),)
        if watch.bootstrap:
            return self._contents(watch)
        if watch.bootstrap_bookmark:
            return (*past, Event(type=EventType.NOOP, bookmark=self._bookmark()))
        return past

    def _contents(self, watch: Watch) -> Sequence[Event]:
        mark = self._bookmark()
        created = [
            Event(type=EventType.CREATED, resource=item, bookmark=mark)
            for item in self.list(watch.query)
        ]
        return (*created, Event(type=EventType.BOOTSTRAPPED, bookmark=mark))

    def _present(self, watch: Watch) -> Event:
        item = self.items.get(watch.id or "")
        kind = EventType.DESTROYED if item is None else EventType.CREATED
        return Event(type=kind, resource=item, bookmark=self._bookmark())

    def _tail(self, watch: Watch) -> Sequence[Event]:
        if watch.tail <= 0:
            return ()
        seen = [event for past in self._history if (event := as_seen(watch, past)) is not None]
        return seen[-watch.tail :]

    def _after(self, watch: Watch) -> Sequence[Event]:
        if len(watch.resume) != _BOOKMARK.size:
            raise InputError("this is no bookmark of this store", path="start_from_bookmark")
        life, number = _BOOKMARK.unpack(watch.resume)
        missed = self._number - number
        if life != self._life or not 0 <= missed <= len(self._history):
            raise InputError(
                "the bookmark is older than what is remembered",
                path="start_from_bookmark",
                hint="watch again with bootstrap contents",
            )
        recent = list(self._history)[len(self._history) - missed :]
        return [event for past in recent if (event := as_seen(watch, past)) is not None]


def as_seen(watch: Watch, event: Event) -> Event | None:
    """Give the event as this watcher is told it: None when it is not its business."""
    resource = event.resource
    if resource is None or (watch.id is not None and resource.id != watch.id):
        return None
    if watch.query.is_open:
        return event
    is_in = watch.query.matches(resource)
    if event.type is not EventType.UPDATED or event.old is None:
        return event if is_in else None
    was_in = watch.query.matches(event.old)
    if is_in and was_in:
        return event
    if is_in:
        return replace(event, type=EventType.CREATED, old=None)
    return replace(event, type=EventType.DESTROYED, old=None) if was_in else None
