"""Running a coroutine from a command, such that Ctrl-C at any moment ends it without a trace.

`asyncio.run` takes an interruption well while the coroutine runs; one that comes while its loop is
made or closed leaves that loop behind, which Python then says with a traceback. So it waits then.
"""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


def run(main: Coroutine[object, object, T]) -> T:
    """Do as `asyncio.run`, on the main thread. Raises KeyboardInterrupt when interrupted."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return asyncio.run(main)
    return _Run(main).run()


class _Run(Generic[T]):
    """An interruption cancels what runs; a second one does not wait for its cleaning up."""

    def __init__(self, main: Coroutine[object, object, T]) -> None:
        self._main = main
        self._is_interrupted = False
        self._task: asyncio.Task[T] | None = None

    def run(self) -> T:
        # Not by the signal mask: the kernel would hand the signal to another of our threads.
        signal.signal(signal.SIGINT, self._interrupt)
        try:
            with asyncio.Runner() as runner:
                result = runner.run(self._cancellable())
        except asyncio.CancelledError:
            if not self._is_interrupted:
                raise
            raise KeyboardInterrupt from None
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._is_interrupted:
            raise KeyboardInterrupt
        return result

    async def _cancellable(self) -> T:
        self._task = asyncio.create_task(self._main)
        if self._is_interrupted:
            self._task.cancel()
        return await self._task

    def _interrupt(self, *_: object) -> None:
        task, is_second = self._task, self._is_interrupted
        self._is_interrupted = True
        if task is None or task.done():
            return
        if is_second:
            raise KeyboardInterrupt
        task.get_loop().call_soon_threadsafe(task.cancel)
