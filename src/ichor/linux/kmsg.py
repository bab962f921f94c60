"""/dev/kmsg: the kernel's ring of records, as a stream; and lines of our own into it."""

import os
from collections import deque
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager, suppress

from ichor.cosi.wakes import Wakes
from ichor.formats import kmsg
from ichor.formats.kmsg import Record
from ichor.linux.process import readable
from ichor.ports.clock import Clock

_RECORD = 8192  # PRINTK_MESSAGE_MAX is 2048 since 6.4, CONSOLE_EXT_LOG_MAX was 8192

_DAEMON = 3  # the facility of init's lines


@contextmanager
def _opened(*, tail: bool) -> Generator[int, None, None]:
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if tail:
            os.lseek(fd, 0, os.SEEK_END)
        yield fd
    finally:
        os.close(fd)


def _next(fd: int) -> Record | None:
    """Give the next record, None at the end of the ring."""
    while True:
        try:
            return kmsg.parse(os.read(fd, _RECORD))
        except BlockingIOError:
            return None
        except BrokenPipeError:  # records were overwritten before we read them: go on after them
            continue


class KernelKmsg:
    """The real one: of the whole machine."""

    def records(self) -> Iterator[Record]:
        with _opened(tail=False) as fd:
            while (record := _next(fd)) is not None:
                yield record

    async def follow(self, *, tail: bool) -> AsyncIterator[Record]:
        with _opened(tail=tail) as fd:
            while True:
                record = _next(fd)
                if record is None:
                    await readable(fd)
                else:
                    yield record

    def write(self, level: int, text: str) -> None:
        with suppress(OSError):  # there may be no /dev/kmsg; init goes on
            fd = os.open("/dev/kmsg", os.O_WRONLY | os.O_CLOEXEC)
            try:
                for line in text.splitlines():
                    os.write(fd, kmsg.build(level, line))
            finally:
                os.close(fd)


class OwnRing:
    """A ring of our own lines, for a node in a container: the kernel's is the host's business."""

    def __init__(self, clock: Clock, keep: int = 4096) -> None:
        self._clock = clock
        self._start = clock.monotonic()
        self._records: deque[Record] = deque(maxlen=keep)
        self._next = 0
        self._wakes = Wakes()

    def records(self) -> Iterator[Record]:
        return iter(tuple(self._records))

    def follow(self, *, tail: bool) -> AsyncIterator[Record]:
        return self._from(self._next if tail else 0)

    async def _from(self, sequence: int) -> AsyncIterator[Record]:
        wakes = self._wakes.listen()
        while True:
            for record in tuple(self._records):
                if record.sequence >= sequence:
                    sequence = record.sequence + 1
                    yield record
            if sequence >= self._next:
                await anext(wakes)

    def write(self, level: int, text: str) -> None:
        micros = int((self._clock.monotonic() - self._start) * 1e6)
        for line in text.splitlines():
            self._records.append(Record(_DAEMON, level, self._next, micros, line))
            self._next += 1
        self._wakes.ring()
