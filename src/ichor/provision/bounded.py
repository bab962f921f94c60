"""A log file of bounded size: at its limit it becomes `<name>.1`, replacing the one before."""

import os
from pathlib import Path

DEFAULT_LIMIT = 8 << 20


class BoundedLog:
    """limit: bytes of one file; two files exist at most."""

    def __init__(self, path: Path, limit: int = DEFAULT_LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size

    def write(self, data: bytes) -> None:
        if self._size + len(data) > self._limit and self._size:
            self._rotate()
        self._file.write(data)
        self._size += len(data)

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0

    def close(self) -> None:
        self._file.close()
