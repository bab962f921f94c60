"""What `dmesg` shows: the kernel's records and what PID 1 says, in the order of time.

kern:    info: [2026-12-01T12:00:00.000Z]: XFS (vda5): Mounting V5 Filesystem
daemon:    info: [2026-12-01T12:00:00.001Z]: ichor.linux.mount mounted target=/var
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from ichor.api.ring import Line, LogRing
from ichor.formats.kmsg import Record
from ichor.ports.kernel_log import KernelLog

_OURS: Final = "daemon"


class _Said(NamedTuple):
    at: datetime
    text: str


class Dmesg:
    """log: None in a container, where the kernel's is the host's. now, uptime_s: of the machine."""

    def __init__(
        self,
        ring: LogRing,
        log: KernelLog | None,
        now: Callable[[], datetime],
        uptime_s: Callable[[], float],
    ) -> None:
        self._ring = ring
        self._log = log
        self._now = now
        self._uptime_s = uptime_s

    async def lines(self, *, follow: bool, tail: bool) -> AsyncIterator[str]:
        """Give what there is, or with tail nothing of it; with follow, then what comes, for ever.

        tail without follow means nothing.
        """
        last, own = self._ring.last, [_ours(line) for line in self._ring.since()]
        records = list(self._log.records()) if self._log else []
        if not (follow and tail):
            booted = self._booted()
            for said in sorted([*(_kernels(one, booted) for one in records), *own]):
                yield said.text
        if follow:
            sequence = records[-1].sequence if records else -1
            async for text in _merged(self._own(last), *self._kernel(sequence)):
                yield text

    async def _own(self, last: int) -> AsyncIterator[str]:
        async for line in self._ring.follow(last):
            yield _ours(line).text

    def _kernel(self, last: int) -> Iterator[AsyncIterator[str]]:
        if self._log is not None:
            yield self._following(self._log, last)

    async def _following(self, log: KernelLog, last: int) -> AsyncIterator[str]:
        async for record in log.follow(tail=False):
            if record.sequence > last:
                yield _kernels(record, self._booted()).text

    def _booted(self) -> datetime:
        """When the kernel began, by the clock as it is now: it may have been set meanwhile."""
        return self._now() - timedelta(seconds=self._uptime_s())


def _kernels(record: Record, booted: datetime) -> _Said:
    at = booted + timedelta(microseconds=record.since_boot_us)
    return _said(at, record.facility_name, record.level_name, record.text)


def _ours(line: Line) -> _Said:
    # The line's own stamp and level are said already.
    text = line.text.split(" ", 2)[2] if line.text.count(" ") > 1 else line.text
    return _said(line.at, _OURS, line.priority, text)


def _said(at: datetime, facility: str, level: str, text: str) -> _Said:
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return _Said(at, f"{facility}: {level:>7}: [{stamp}Z]: {text}\n")


async def _merged(*sources: AsyncIterator[str]) -> AsyncIterator[str]:
    """Give what comes from any of them; one that fails fails it all."""
    coming = {_next(source): source for source in sources}
    try:
        while coming:
            done, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                text, source = task.result(), coming.pop(task)
                coming[_next(source)] = source
                yield text
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


def _next(source: AsyncIterator[str]) -> asyncio.Future[str]:
    return asyncio.ensure_future(anext(source))
