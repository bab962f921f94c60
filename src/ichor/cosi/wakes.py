"""Wake-ups: one bell, any number of listeners, each hears at least once after the last ring."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar
from weakref import WeakSet

T = TypeVar("T")


class Wakes:
    def __init__(self) -> None:
        self._listeners: WeakSet[asyncio.Event] = WeakSet()

    def ring(self) -> None:
        for event in tuple(self._listeners):
            event.set()

    def listen(self) -> AsyncIterator[None]:
        """Yield after every ring from now on; rings while the listener is busy count as one."""
        event = asyncio.Event()
        self._listeners.add(event)
        return _each(event)


async def _each(event: asyncio.Event) -> AsyncIterator[None]:
    while True:
        await event.wait()
        event.clear()
        yield


async def snapshots(
    observe: Callable[[], T], wakes: Callable[[], AsyncIterator[None]]
) -> AsyncIterator[T]:
    """Give what is seen now, and again after every wake-up: a Source out of an observation."""
    heard = wakes()
    yield observe()
    async for _ in heard:
        yield observe()
