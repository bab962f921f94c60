"""Partitions of the system disk, by label: what facts/partitions.tsv names, and our two roots.

    EFI | root A | root B | META | STATE | EPHEMERAL      numbers 1 to 6, in this order on the disk

The first four are in the image; a node makes the others, at its first boot, in what is left.
"""

from typing import Final

EFI: Final = "EFI"
META: Final = "META"
STATE: Final = "STATE"
EPHEMERAL: Final = "EPHEMERAL"
IMAGE_CACHE: Final = "IMAGECACHE"  # on any disk

MIB: Final = 1 << 20
EFI_SIZE: Final = 100 * MIB
ROOT_SIZE: Final = 256 * MIB
META_SIZE: Final = MIB
STATE_SIZE: Final = 100 * MIB
EPHEMERAL_MINIMUM: Final = 2048 * MIB

EMPTY_ROOT: Final = "_empty"
ROOT_PREFIX: Final = "ichor-"


def root_label(root_hash: bytes) -> str:
    """Name a root after what it holds, so that one kernel command line fits either slot."""
    return f"{ROOT_PREFIX}{root_hash.hex()[:16]}"
