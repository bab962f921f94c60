"""Keys of volumes that the TPM keeps for a state which has passed, sealed to the present one."""

from collections.abc import Generator
from typing import Protocol

from msgspec import Struct


class Resealed(Struct, frozen=True, kw_only=True):
    """What became of a slot. anew: it was sealed to another state than the present one.

    error: why it could not be; then it is of all such slots of that volume.
    """

    volume: str
    slot: int = 0
    anew: bool = False
    error: str = ""


class Resealer(Protocol):
    def reseal(self) -> Generator[Resealed, None, None]:
        """Go through all keys that the TPM keeps. Blocks.

        Cut off at any moment, what opened a volume at this start opens it at the next. Raises
        Conflict where the machine did not start from a disk, OSError.
        """
        ...
