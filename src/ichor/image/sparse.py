"""Files with holes."""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 20


def extents(fd: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of what a file holds, in bytes, its holes left out (lseek(2))."""
    size, at = os.fstat(fd).st_size, 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:  # ENXIO: only a hole is left
            return
        at = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, at


def copy(source: Path, fd: int, offset: int = 0) -> None:
    """Write what a file holds into another from an offset on, its holes left out."""
    with source.open("rb") as file:
        for begin, end in extents(file.fileno()):
            at = begin
            while at < end:
                data = os.pread(file.fileno(), min(_CHUNK, end - at), at)
                if not data:
                    raise OSError(errno.EIO, "cut off while it was copied", str(source))
                at += os.pwrite(fd, data, offset + at)


def filled(source: Path, unit: int) -> Iterator[int]:
    """Yield the numbers of the units of a file that are not all zero, ascending."""
    at = -1
    with source.open("rb") as file:
        for begin, end in extents(file.fileno()):
            for number in range(max(at + 1, begin // unit), -(-end // unit)):
                at = number
                if any(os.pread(file.fileno(), unit, number * unit)):
                    yield number


def runs(numbers: Iterable[int], unit: int, size: int) -> list[tuple[int, int]]:
    """Give neighbouring units as one (offset, length) each, in bytes of a file of that size."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        at = number * unit
        length = min(unit, size - at)
        if found and sum(found[-1]) == at:
            found[-1] = found[-1][0], found[-1][1] + length
        else:
            found.append((at, length))
    return found
