"""/dev/kmsg: the kernel's ring of records, as a stream."""

import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager

from ichor.formats import kmsg
from ichor.formats.kmsg import Record
from ichor.linux.process import readable

_RECORD = 8192  # PRINTK_MESSAGE_MAX is 2048 since 6.4, CONSOLE_EXT_LOG_MAX was 8192


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
