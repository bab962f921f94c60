"""Whose time the clock follows, and how it runs."""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct


class Adjtime(Struct, frozen=True, kw_only=True):
    """adjtimex(2): seconds, and the frequency as a ratio. status: the names of its flags."""

    offset_s: float = 0.0
    frequency_ratio: float = 1.0
    max_error_s: float = 0.0
    estimated_error_s: float = 0.0
    status: str = ""
    constant: int = 0
    is_synced: bool = False
    state: str = ""


class Follow(Struct, frozen=True, kw_only=True):
    """servers: names and addresses of NTP servers, or devices below /dev; none: follow nobody.

    patience_s: how long the first time is waited for; 0 for ever.
    """

    servers: tuple[str, ...] = ()
    patience_s: float = 0.0


class Following(Struct, frozen=True, kw_only=True):
    """epoch: how many times the clock was set. gave_up: the patience was over first."""

    wish: Follow = Follow()
    synced: bool = False
    gave_up: bool = False
    epoch: int = 0
    spikes: int = 0
    adjtime: Adjtime = Adjtime()


class TimeSync(Protocol):
    def observe(self) -> Following: ...

    async def apply(self, action: Follow) -> None:
        """Follow these and no others; the clock goes on as it is meanwhile."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when the clock was set or steered, or a spike was seen."""
        ...
