"""Time, as an effect."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Give the wall clock in UTC; it may jump."""
        ...

    def monotonic(self) -> float:
        """Give seconds since an arbitrary start; never goes back, stands still in suspend."""
        ...

    async def sleep(self, seconds: float) -> None: ...
