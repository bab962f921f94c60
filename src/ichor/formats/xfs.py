"""What the first sector of a volume says (fs/xfs/libxfs/xfs_format.h, struct xfs_dsb)."""

import enum
from typing import Final

MAGIC: Final = b"XFSB"
_IN_PROGRESS: Final = 126  # sb_inprogress: mkfs clears it last


class Content(enum.Enum):
    """NONE: nothing, or what mkfs was kept from ending. FOREIGN: what may be dear to somebody."""

    NONE = "none"
    WHOLE = "whole"
    FOREIGN = "foreign"


def content(head: bytes) -> Content:
    """Say what begins with this sector: an XFS, nothing, or anything else."""
    if not any(head):
        return Content.NONE
    if len(head) <= _IN_PROGRESS or not head.startswith(MAGIC):
        return Content.FOREIGN
    return Content.NONE if head[_IN_PROGRESS] else Content.WHOLE
