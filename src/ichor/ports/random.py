"""Randomness, as an effect: only actuators draw, and their result is a resource."""

from typing import Protocol


class Random(Protocol):
    def draw(self, count: int) -> bytes:
        """Give that many bytes fit for keys."""
        ...
