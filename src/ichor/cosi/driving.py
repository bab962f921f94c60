"""Driving coroutines without an event loop, for settle(): a step each time they are polled.

A port that answers at once, sync or async, needs one poll. One that waits is left suspended and
polled again the next time; what it waits for must then be something of the test's own, since no
loop runs (a bare `yield` of an awaitable, as testing.engine.Feed does).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Generic, TypeVar, cast

T = TypeVar("T")


async def answer(value: Awaitable[T] | T) -> T:
    """Await what a port gave, if it is to be awaited."""
    if isinstance(value, Awaitable):
        return await cast("Awaitable[T]", value)
    return value


class Flight(Generic[T]):
    """A coroutine under way."""

    def __init__(self, coroutine: Coroutine[object, None, T]) -> None:
        self._coroutine = coroutine

    def poll(self) -> tuple[T] | None:
        """Go on; give the result in a tuple when there is one. Raises what it raises."""
        try:
            self._coroutine.send(None)
        except StopIteration as end:
            return (cast("T", end.value),)
        return None

    def close(self) -> None:
        self._coroutine.close()


class Stream(Generic[T]):
    """An async iterator polled item by item."""

    def __init__(self, make: Callable[[], AsyncIterator[T]]) -> None:
        self._iterator = make()
        self._next: Flight[T] | None = None
        self.is_over = False

    def poll(self) -> tuple[T] | None:
        """Give the next item in a tuple; None while there is none. Raises what it raises."""
        if self.is_over:
            return None
        self._next = self._next or Flight(_anext(self._iterator))
        try:
            item = self._next.poll()
        except StopAsyncIteration:
            self.is_over = True
            return None
        except Exception:
            self.is_over = True
            raise
        if item is not None:
            self._next = None
        return item

    def close(self) -> None:
        if self._next is not None:
            self._next.close()


async def _anext(iterator: AsyncIterator[T]) -> T:
    return await anext(iterator)
