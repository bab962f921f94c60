"""The kernel's log: what `dmesg` shows, and where init writes while nobody else listens."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from ichor.formats.kmsg import Record


class KernelLog(Protocol):
    def records(self) -> Iterator[Record]:
        """Give what is kept now, oldest first."""
        ...

    def follow(self, *, tail: bool) -> AsyncIterator[Record]:
        """Give what is kept, or with tail nothing of it, and then what comes, for ever."""
        ...

    def write(self, level: int, text: str) -> None:
        """Add lines; level as in syslog(3), 0 the gravest."""
        ...
