"""Wake-ups that a thread beside the loop may give, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from ichor.cosi.wakes import Wakes


class ThreadWakes:
    def __init__(self) -> None:
        self._wakes = Wakes()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Wake who listens; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._wakes.ring)

    def listen(self) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        return self._wakes.listen()
