"""Time and chance as the engine needs them, and when to try again.

Delays double from `first` to `limit`; the lower half of each is certain, the rest is chance, so
that controllers that failed together do not come back together.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from msgspec import Struct


class TimePort(Protocol):
    def now(self) -> datetime:
        """The time of day, aware, in UTC; it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since any point; it never goes back."""
        ...


class Backoff(Struct, frozen=True, kw_only=True):
    first: timedelta = timedelta(milliseconds=500)
    limit: timedelta = timedelta(minutes=1)

    def delay(self, failures: int, random: Random) -> timedelta:
        """Give the wait after that many failures in a row, 1 or more."""
        doubled: timedelta = self.first * (1 << min(failures - 1, 32))
        return min(doubled, self.limit) * (0.5 + random.random() / 2)
