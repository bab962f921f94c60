"""Watching: async iteration over a state's events, with a bounded buffer between the two.

A reader that falls behind by more than the buffer loses what waits and is told so by one ERRORED
event, after which the iteration ends; it then watches again. What a watch begins with does not
count, since it exists once and was asked for.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from ichor.cosi.resource import Key
from ichor.cosi.state import Event, EventType, State, Watch
from ichor.errors import NotFound

BUFFER = 1024
OVERRUN = "buffer overrun: the watch fell behind"


class EventBuffer:
    """Events between the store and one reader."""

    def __init__(self, limit: int = BUFFER) -> None:
        self._limit = limit
        self._waiting: list[Event] = []
        self._beginning = True
        self._arrived = asyncio.Event()
        self.is_overrun = False

    def begin(self) -> None:
        """From now on the limit counts."""
        self._beginning = False
        self._limit += len(self._waiting)

    def put(self, event: Event) -> None:
        if self.is_overrun:
            return
        if not self._beginning and len(self._waiting) >= self._limit:
            self.is_overrun = True
            self._waiting = [Event(type=EventType.ERRORED, error=OVERRUN)]
        else:
            self._waiting.append(event)
        self._arrived.set()

    def take(self) -> Sequence[Event]:
        """Give all that waits."""
        waiting, self._waiting = self._waiting, []
        self._arrived.clear()
        return waiting

    async def batch(self) -> Sequence[Event]:
        """Give all that waits; wait until that is something."""
        await self._arrived.wait()
        return self.take()


async def batches(
    state: State, watch: Watch, *, buffer: int = BUFFER
) -> AsyncGenerator[Sequence[Event], None]:
    """Give events as they come, those that came together in one batch; close it to stop."""
    waiting = EventBuffer(buffer)
    cancel = state.watch(watch, waiting.put)
    waiting.begin()
    try:
        while True:
            batch = await waiting.batch()
            yield batch
            if batch[-1].type is EventType.ERRORED:
                return
    finally:
        cancel()


async def teardown_and_destroy(state: State, key: Key, owner: str = "") -> None:
    """Tear down, wait for the last finalizer, destroy; gone already counts as done.

    Raises: NotFound if it is not there to begin with, OwnerConflict.
    """
    is_ready = state.teardown(key, owner)
    events = batches(state, Watch(kind=key.kind, id=key.id))
    try:
        while not is_ready:
            await anext(events)
            current = state.find(key)
            if current is None:
                return
            is_ready = not current.metadata.finalizers
    finally:
        await events.aclose()
    try:
        state.destroy(key, owner)
    except NotFound:
        return
