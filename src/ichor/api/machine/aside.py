"""Blocking generators beside the loop: a file of a mount whose server is gone may take for ever.

Each runs in a thread of its own and is one batch ahead of its reader. A thread that hangs in the
kernel cannot be ended, so there are only so many; who finds none free is told why.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import closing, suppress
from itertools import islice
from typing import Generic, TypeVar

from ichor.errors import TransientError

T = TypeVar("T")
_MOST = 16
_PATIENCE_S = 10.0


class Aside:
    """most: threads at once. patience_s: for a free one; TransientError after that."""

    def __init__(self, most: int = _MOST, patience_s: float = _PATIENCE_S) -> None:
        self._free = asyncio.Semaphore(most)
        self._most = most
        self._patience_s = patience_s

    async def each(self, make: Callable[[], Generator[T]], batch: int = 1) -> AsyncIterator[T]:
        """Yield what make() gives, so many at a turn; its errors are raised here."""
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError:
            message = f"{self._most} reads of files hang: is the server of a mount gone?"
            raise TransientError(message) from None
        run = _Run(make, batch, self._free.release)
        try:
            while (got := await run.batches.get()) is not None:
                if isinstance(got, BaseException):
                    raise got
                for item in got:
                    yield item
                run.room.release()
        finally:
            run.is_over = True
            run.room.release()

    async def all(self, make: Callable[[], Generator[T]]) -> list[T]:
        return [item async for item in self.each(make, batch=1 << 16)]


class _Run(Generic[T]):
    """A thread that fills `batches`; None or an error ends them."""

    def __init__(
        self, make: Callable[[], Generator[T]], size: int, ended: Callable[[], None]
    ) -> None:
        self.batches: asyncio.Queue[Sequence[T] | BaseException | None] = asyncio.Queue()
        self.room = threading.Semaphore(2)
        self.is_over = False
        self._make, self._size, self._ended = make, size, ended
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, name="aside", daemon=True).start()

    def _work(self) -> None:
        end: BaseException | None = None
        try:
            self._fill()
        except BaseException as error:  # noqa: BLE001 - it is raised in the reader
            end = error
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._ended)  # before the reader hears of the end
            self._loop.call_soon_threadsafe(self.batches.put_nowait, end)

    def _fill(self) -> None:
        with closing(self._make()) as items:
            while self._next_turn() and (batch := list(islice(items, self._size))):
                self._loop.call_soon_threadsafe(self.batches.put_nowait, batch)

    def _next_turn(self) -> bool:
        self.room.acquire()
        return not self.is_over
