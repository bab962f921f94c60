"""What the loader can start on this machine, and what it started."""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from ichor.formats.boot_entry import BootEntry


class Boot(Struct, frozen=True, kw_only=True):
    """running: which of the entries this is; None where a loader that counts did not start it."""

    entries: frozenset[BootEntry] = frozenset()
    running: BootEntry | None = None


class Arm(Struct, frozen=True):
    """Give an entry all of its tries."""

    entry: BootEntry


class BootEntries(Protocol):
    def observe(self) -> Boot:
        """Raises OSError."""
        ...

    def apply(self, action: Arm) -> None:
        """Cut off at any moment, the entry is there. Raises OSError."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when another has changed the entries."""
        ...
