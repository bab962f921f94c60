"""What an earlier start of this machine was told to have written by this one."""

from collections.abc import Awaitable
from typing import Protocol

from msgspec import Struct


class Staging(Struct, frozen=True, kw_only=True):
    """image: that is to be written; empty where none is, or it was dropped. written: it was."""

    image: str = ""
    written: bool = False


class Write(Struct, frozen=True):
    """Write it to the other slot; what cannot be written is dropped."""


class Stagings(Protocol):
    def observe(self) -> Staging:
        """Give what this start found; what is staged later is for the next."""
        ...

    def apply(self, action: Write) -> Awaitable[None]:
        """Cut off at any moment, the next start does it again, or nothing is staged any more."""
        ...
