"""A loop in which nobody waits for time to pass."""

import asyncio
import selectors


class Skipping(selectors.SelectSelector):
    """Nobody waits: time passes by as much as was to be waited."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0, 0)
        return super().select(None if timeout is None else 0)


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now
