"""What an image for a platform differs in: who it says it is for, and how the platform takes it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ichor.errors import InputError
from ichor.resources.block.partition import MIB

METAL: Final = "metal"
_GIB: Final = 1 << 30
RAW_ZST, QCOW2, VHD, TAR_GZ = "raw.zst", "qcow2", "vhd", "tar.gz"


class Platform(NamedTuple):
    """container: how its disk is packed. align: its size is a multiple. more: of the line."""

    container: str
    align: int = MIB
    more: tuple[str, ...] = ()


# By the name in `talos.platform`, all that a machine knows how to ask (peers/platform/programs.py).
PLATFORMS: Final[Mapping[str, Platform]] = {
    METAL: Platform(RAW_ZST),
    # facts/kernel_args.tsv: volumes there may be away for long, and are not given up
    "aws": Platform(RAW_ZST, more=("nvme_core.io_timeout=4294967295",)),
    "azure": Platform(VHD),
    "digital-ocean": Platform(QCOW2),
    "equinixMetal": Platform(RAW_ZST),
    "gcp": Platform(TAR_GZ, _GIB),
    "hcloud": Platform(RAW_ZST),
    "nocloud": Platform(QCOW2),
    "openstack": Platform(QCOW2),
    "oracle": Platform(QCOW2),
    "vultr": Platform(RAW_ZST),
}


def platform(name: str) -> Platform:
    """Raises InputError for a platform that there is no image for."""
    found = PLATFORMS.get(name)
    if found is None:
        hint = f"one of {', '.join(PLATFORMS)}"
        raise InputError(f"unknown platform {name!r}", hint=hint)
    return found


def suffixed(step: str, name: str) -> str:
    """Name a step after its platform; metal's is the one without a name."""
    platform(name)
    return step if name == METAL else f"{step}/{name}"
