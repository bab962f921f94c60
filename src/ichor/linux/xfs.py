"""A mounted XFS grows to the end of its device (fs/xfs/libxfs/xfs_fs.h)."""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final

_BLKGETSIZE64: Final = 0x80081272  # include/uapi/linux/fs.h
_GEOMETRY: Final = 0x80705864  # XFS_IOC_FSGEOMETRY_V1
_GROW: Final = 0x4010586E  # XFS_IOC_FSGROWFSDATA
# struct xfs_fsop_geom_v1: blocksize, ..., imaxpct, datablocks
_GEOM: Final = struct.Struct("=I24xIQ72x")
_GROWN: Final = struct.Struct("=QI4x")
_WORTH: Final = 1 << 20  # bytes; the file system leaves some at its end as they are


def grow(target: Path, device: Path) -> int:
    """Have what is mounted at target fill its device; give how many bytes came. Raises OSError."""
    size = _size(device)
    root = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        block, most, blocks = _geometry(root)
        if size - blocks * block < _WORTH:
            return 0
        fcntl.ioctl(root, _GROW, _GROWN.pack(size // block, most))
        return (_geometry(root)[2] - blocks) * block
    finally:
        os.close(root)


def _geometry(root: int) -> tuple[int, int, int]:
    """Give bytes of a block, percent that inodes may take, blocks."""
    block, most, blocks = _GEOM.unpack(fcntl.ioctl(root, _GEOMETRY, bytes(_GEOM.size)))
    return block, most, blocks


def _size(device: Path) -> int:
    with device.open("rb") as file:
        (size,) = struct.unpack("=Q", fcntl.ioctl(file, _BLKGETSIZE64, bytes(8)))
    return int(size)
