"""Files with holes."""

import os
from collections.abc import Iterator


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
