"""The least generation of images that may run on this machine, kept where no image is."""

from typing import Protocol

from msgspec import Struct


class Remember(Struct, frozen=True):
    least: int


class Generations(Protocol):
    def observe(self) -> int | None:
        """Give the least one; None where none was remembered. Raises OSError."""
        ...

    def apply(self, action: Remember) -> None: ...
