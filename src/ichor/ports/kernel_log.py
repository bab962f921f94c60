"""The kernel's log: what `dmesg` shows of a machine, besides what PID 1 says."""

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
