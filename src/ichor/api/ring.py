"""The last lines of our own log, in memory: what `logs machined` and a container's dmesg show.

Bounded by bytes, so that PID 1 does not grow by talking. A reader names the number of the last line
it has seen; one that fell behind goes on with the oldest line there is.
"""

import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from msgspec import Struct

from ichor.cosi.wakes import Wakes
from ichor.log import LineFormatter

LIMIT = 512 * 1024
_PRIORITY = (
    (logging.CRITICAL, "crit"),
    (logging.ERROR, "err"),
    (logging.WARNING, "warning"),
    (logging.INFO, "info"),
)


class Line(Struct, frozen=True):
    number: int
    at: datetime
    priority: str
    text: str


class LogRing(logging.Handler):
    """A handler of the root logger."""

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__()
        self.setFormatter(LineFormatter())
        self._limit = limit
        self._lines: deque[Line] = deque()
        self._size = 0
        self._number = 0
        self._wakes = Wakes()

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        priority = next((name for level, name in _PRIORITY if record.levelno >= level), "debug")
        self._number += 1
        at = datetime.fromtimestamp(record.created, UTC)
        self._lines.append(Line(self._number, at, priority, text))
        self._size += len(text)
        while self._size > self._limit and len(self._lines) > 1:
            self._size -= len(self._lines.popleft().text)
        self._wakes.ring()

    def since(self, number: int = 0) -> list[Line]:
        """Give the lines after that number that are still there."""
        if number >= self._number:
            return []
        return [line for line in self._lines if line.number > number]

    @property
    def last(self) -> int:
        return self._number

    async def follow(self, number: int = 0) -> AsyncIterator[Line]:
        """Give the lines after that number, for ever."""
        heard = self._wakes.listen()
        while True:
            for line in self.since(number):
                number = line.number
                yield line
            await anext(heard)
