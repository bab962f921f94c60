"""Timers: when each of many things is due; setting one again replaces it."""

import heapq
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T", float, datetime)


class Timers(Generic[K, T]):
    def __init__(self) -> None:
        self._due: dict[K, T] = {}
        self._heap: list[tuple[T, int, K]] = []
        self._count = 0  # equal times are due in the order they were set

    def set(self, key: K, at: T) -> None:
        self._due[key] = at
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, key))

    def clear(self, key: K) -> None:
        self._due.pop(key, None)

    def next(self) -> T | None:
        """When the first is due; None when nothing is set."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, now: T) -> list[K]:
        """Remove and give what is due at that time, the earliest first."""
        keys: list[K] = []
        while (first := self.next()) is not None and not now < first:
            keys.append(heapq.heappop(self._heap)[2])
            del self._due[keys[-1]]
        return keys
