"""Blocking generators beside the loop: a file of a mount whose server is gone may take for ever.

Each runs in a thread of its own, a batch at a time, when its reader asks for one. A thread that
hangs in the kernel cannot be ended, so only so many may read at once; who is kept waiting by such
is told why. A thread whose reader is slow waits for it and counts for nothing.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import closing, suppress
from itertools import islice
from queue import SimpleQueue
from typing import Generic, TypeVar

from ichor.errors import TransientError

T = TypeVar("T")
_MOST = 16
_PATIENCE_S = 10.0
_WHY = "reads of files hang: is the server of a mount gone?"


class Aside:
    """most: reads at once. patience_s: for one's turn; TransientError, with `why`, after that."""

    def __init__(self, most: int = _MOST, patience_s: float = _PATIENCE_S, why: str = _WHY) -> None:
        self._free = asyncio.Semaphore(most)
        self._most = most
        self._patience_s = patience_s
        self._why = why

    async def each(
        self, make: Callable[[], Generator[T]], batch: int = 1
    ) -> AsyncGenerator[T, None]:
        """Yield what make() gives, so many at a turn; its errors are raised here."""
        run = _Run(make, batch)
        try:
            while True:
                await self._turn()
                if not (items := await run.next(self._free.release)):
                    return
                for item in items:
                    yield item
        finally:
            run.end()

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError:
            raise TransientError(f"{self._most} {self._why}") from None

    async def all(self, make: Callable[[], Generator[T]]) -> list[T]:
        return [item async for item in self.each(make, batch=1 << 16)]


class _Run(Generic[T]):
    """A thread that answers each wish in the queue by a batch; None ends it."""

    def __init__(self, make: Callable[[], Generator[T]], size: int) -> None:
        self._make, self._size = make, size
        self._loop = asyncio.get_running_loop()
        self._wishes: SimpleQueue[Callable[[Sequence[T] | BaseException], None] | None]
        self._wishes = SimpleQueue()
        threading.Thread(target=self._work, name="aside", daemon=True).start()

    async def next(self, read: Callable[[], None]) -> Sequence[T]:
        """Give the next batch, empty after the last. read: called once it was read, or failed."""
        wish: asyncio.Future[Sequence[T]] = self._loop.create_future()

        def settle(result: Sequence[T] | BaseException) -> None:
            read()
            if wish.done():
                return
            if isinstance(result, BaseException):
                wish.set_exception(result)
            else:
                wish.set_result(result)

        self._wishes.put(settle)
        return await wish

    def end(self) -> None:
        self._wishes.put(None)

    def _work(self) -> None:
        with closing(self._items()) as items, suppress(RuntimeError):  # the loop has ended
            while (settle := self._wishes.get()) is not None:
                self._loop.call_soon_threadsafe(settle, self._batch(items))

    def _items(self) -> Generator[T]:
        yield from self._make()  # which may raise, too

    def _batch(self, items: Generator[T]) -> Sequence[T] | BaseException:
        try:
            return list(islice(items, self._size))
        except BaseException as error:  # noqa: BLE001 - it is raised in the reader
            return error
