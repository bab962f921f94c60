"""What writes images to the system disk, and says from which the machine starts next."""

from collections.abc import Generator, Sequence
from typing import Protocol


class Installer(Protocol):
    """All of it blocks; the machine that runs stays what it is until it starts again.

    Cut off at any moment, the disk starts what runs now, or what is being written, whole. Raises
    InputError where an image is not what it should be, Conflict where the disk is not, OSError.
    """

    def upgrade(self, layers: Sequence[str]) -> Generator[str, None, None]:
        """Write the image of these layers and have it started next; say how far it is.

        layers: their digests.
        """
        ...

    def stage(self, name: str, layers: Sequence[str]) -> Generator[str, None, None]:
        """Check an image as `upgrade` does, and have the next start write it."""
        ...

    def install(self, disk: str, *, wipe: bool = False) -> Generator[str, None, None]:
        """Write what the boot medium carries to that disk; say how far it is.

        disk: name of its device. wipe: what it holds may be lost.
        """
        ...

    def roll_back(self) -> str:
        """Have another entry started next, and name it. Raises Conflict if there is none."""
        ...
