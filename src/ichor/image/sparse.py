"""Files with holes."""

import errno
import os
from collections.abc import Iterator
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
