"""META of the system disk: values by tag that outlive configurations, and resets that spare it."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol


class Meta(Protocol):
    def observe(self) -> Mapping[int, bytes]:
        """Raises OSError, FormatError; NotFound where the disk has no META."""
        ...

    def apply(self, action: Mapping[int, bytes]) -> None:
        """Keep these and no others. Cut off at any moment, it holds the old or the new.

        Raises what `observe` does, and FormatError where they do not fit.
        """
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when they have changed."""
        ...
