"""META of the system disk: values by tag that outlive configurations, and resets that spare it."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from msgspec import Struct


class Drop(Struct, frozen=True):
    """Have no value of that tag."""

    tag: int


class Meta(Protocol):
    def observe(self) -> Mapping[int, bytes]:
        """Raises OSError, FormatError; NotFound where the disk has no META."""
        ...

    def apply(self, action: Drop) -> None:
        """Cut off at any moment, the old or the new values are there. Raises OSError, NotFound."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when they have changed."""
        ...


class MetaStore(Meta, Protocol):
    def change(self, how: Callable[[Mapping[int, bytes]], Mapping[int, bytes]]) -> None:
        """Make of what is there what is to be, as one step among several threads.

        Where nothing whole is there, it begins with nothing. Raises what `apply` does and `how`,
        and FormatError where the values do not fit.
        """
        ...
