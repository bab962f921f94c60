"""Logs of services: what a process writes to its pipe goes to a file of bounded size.

    pipe ──► <directory>/<name>.log, and at `limit` bytes it becomes <name>.log.1 (one is kept)

machined holds the reading end: a service that writes faster than the disk takes it waits, and one
whose log is discarded writes to /dev/null directly.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 64 * 1024
_LIMIT = 5 * 1024 * 1024  # facts/constants.tsv LogRotateThreshold
_TAIL = 20
_LONGEST_LINE = 4096


@dataclass(slots=True)
class LogFile:
    """One log. Appending after a restart goes on where it ended."""

    path: Path
    limit: int = _LIMIT
    on_grown: Callable[[], None] = lambda: None
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL))
    _fd: int = -1
    _size: int = 0
    _begun: bytes = b""

    def write(self, chunk: bytes) -> None:
        if self._fd < 0:
            self._open()
        if self._size and self._size + len(chunk) > self.limit:
            self._rotate()
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._fd, view) :]
        self._size += len(chunk)
        self._remember(chunk)
        self.on_grown()

    def _remember(self, chunk: bytes) -> None:
        """Keep the last whole lines: an unbuffered writer sends them in pieces."""
        *lines, self._begun = (self._begun + chunk).rsplit(b"\n", _TAIL + 1)
        self._begun = self._begun[-_LONGEST_LINE:]
        self.tail.extend(line.decode(errors="replace") for line in lines[-_TAIL:])

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(self.path, flags, 0o640)
        self._size = os.fstat(self._fd).st_size

    def _rotate(self) -> None:
        os.close(self._fd)
        self.path.rename(self.path.with_name(self.path.name + ".1"))
        self._open()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Pump:
    """Carries a pipe into a log until every writer has closed it."""

    def __init__(self, log: LogFile) -> None:
        self._log = log
        self._read, self.write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        # Only our end must not block: the flag belongs to each end's own file description.
        os.set_blocking(self.write_end, True)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._read, self._carry)

    def close_write_end(self) -> None:
        """Close our copy, after the child has its own: else the end never comes."""
        os.close(self.write_end)

    def _carry(self) -> None:
        if not self._take():
            self.stop()

    def _take(self) -> bool:
        """Carry what is there; False at the end."""
        try:
            chunk = os.read(self._read, _CHUNK)
        except BlockingIOError:
            return True
        if chunk:
            self._log.write(chunk)
        return bool(chunk)

    def stop(self) -> None:
        """Stop reading, though a grandchild may still hold the pipe; what is in it is kept."""
        if self.ended.done():
            return
        self._take()
        asyncio.get_running_loop().remove_reader(self._read)
        os.close(self._read)
        self.ended.set_result(None)
