"""A kernel's log that a test writes."""

from collections.abc import AsyncIterator, Iterator

from ichor.cosi.wakes import Wakes
from ichor.formats.kmsg import Record

_KERN, _INFO = 0, 6


class FakeKernelLog:
    def __init__(self) -> None:
        self._records: list[Record] = []
        self._wakes = Wakes()

    def write(self, text: str, since_boot_us: int = 0) -> None:
        self._records.append(Record(_KERN, _INFO, len(self._records), since_boot_us, text))
        self._wakes.ring()

    def records(self) -> Iterator[Record]:
        return iter(tuple(self._records))

    async def follow(self, *, tail: bool) -> AsyncIterator[Record]:
        at = len(self._records) if tail else 0
        heard = self._wakes.listen()
        while True:
            while at < len(self._records):
                at += 1
                yield self._records[at - 1]
            await anext(heard)
