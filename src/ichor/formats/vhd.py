"""Fixed virtual hard disks: the disk as it is, then a footer of one sector (VHD 1.0, October 2006).

All numbers are big-endian. No clock: the time of creation is the format's zero, 2000-01-01.
"""

import struct
import uuid
from typing import Final

from ichor.errors import FormatError

SECTOR: Final = 512
# cookie, features, version, offset of data (fixed: none), time, creator and its version, its host,
# size at first and now, cylinders, heads, sectors, type, checksum, id, saved state
_FOOTER: Final = struct.Struct(">8sIIQI4sI4sQQHBBII16sB")
_COOKIE: Final = b"conectix"
_FEATURES: Final = 2  # reserved, always set
_VERSION: Final = 0x00010000
_NOWHERE: Final = (1 << 64) - 1
# Readers take the size from the geometry, rounded down to cylinders, unless the creator is one
# that is known to mean the size (QEMU 7.2, block/vpc.c): Hyper-V's is the one all know.
_CREATOR: Final = b"win "
_CREATOR_VERSION: Final = 0x000A0000
_HOST: Final = b"Wi2k"
_FIXED: Final = 2
_CHECKSUM: Final = 64
_LARGEST: Final = 65535 * 16 * 255  # sectors that a geometry can tell


def footer(size: int, id: uuid.UUID) -> bytes:
    """Give what follows a disk of that many bytes. Raises FormatError for half sectors."""
    if size <= 0 or size % SECTOR:
        raise FormatError(f"a disk of whole sectors, not {size} bytes")
    fixed = _COOKIE, _FEATURES, _VERSION, _NOWHERE, 0, _CREATOR, _CREATOR_VERSION, _HOST
    shape = geometry(size // SECTOR)
    made = bytearray(_FOOTER.pack(*fixed, size, size, *shape, _FIXED, 0, id.bytes, 0))
    made += bytes(SECTOR - len(made))
    struct.pack_into(">I", made, _CHECKSUM, ~sum(made) & 0xFFFFFFFF)
    return bytes(made)


def geometry(sectors: int) -> tuple[int, int, int]:
    """Give cylinders, heads and sectors of a track (appendix, CHS calculation)."""
    sectors = min(sectors, _LARGEST)
    if sectors >= 65535 * 16 * 63:
        return sectors // 255 // 16, 16, 255
    track = 17
    cylinder_heads = sectors // track
    heads = max(4, -(-cylinder_heads // 1024))
    if cylinder_heads >= heads * 1024 or heads > 16:
        track, heads = 31, 16
        cylinder_heads = sectors // track
    if cylinder_heads >= heads * 1024:
        track, heads = 63, 16
        cylinder_heads = sectors // track
    return cylinder_heads // heads, heads, track
