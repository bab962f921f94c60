"""What the first sector of an XFS says (fs/xfs/libxfs/xfs_format.h, struct xfs_dsb; big-endian)."""

from typing import Final

MAGIC: Final = b"XFSB"
_IN_PROGRESS: Final = 126  # sb_inprogress: mkfs clears it last


def is_whole(head: bytes) -> bool:
    """Say whether a file system begins here that its maker came to the end with."""
    return len(head) > _IN_PROGRESS and head.startswith(MAGIC) and head[_IN_PROGRESS] == 0
