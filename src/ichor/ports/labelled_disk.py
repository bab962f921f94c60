"""Files of a file system that is told by its label, and is nowhere to be seen."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class LabelledDisks(Protocol):
    """From any thread."""

    def devices(self) -> frozenset[str]:
        """Give the names of the devices there are: while they stay, so do the labels."""
        ...

    def read(
        self, labels: Sequence[str], names: Sequence[str], among: frozenset[str] | None = None
    ) -> Mapping[str, bytes] | None:
        """Give those files that are there; None where no device has such a label.

        among: the devices that are looked at, None for all.

        Raises OSError; InputError where several disks have it, or a file is too large.
        """
        ...
