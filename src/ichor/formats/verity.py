"""dm-verity's hash tree over the blocks of a device, as the kernel and veritysetup have it.

    data blocks | superblock | level n: one block | ... | level 0: the hashes of the data blocks

Format 1: digest = sha256(salt, block); a hash block holds 128 digests, the rest of the last one is
zero; the root hash is the digest of the top block (kernel, admin-guide/device-mapper/verity.rst).
"""

import hashlib
import struct
from typing import Final, NamedTuple

from ichor.errors import FormatError

BLOCK: Final = 4096
SECTOR: Final = 512
_DIGEST: Final = 32
# signature, version, hash type, uuid, algorithm, block sizes, data blocks, salt size, salt
_SUPERBLOCK: Final = struct.Struct("<8sII16s32sIIQH6x256s")


class Verity(NamedTuple):
    """A verified device: `blocks` data blocks, then a superblock, then the tree."""

    blocks: int
    salt: bytes
    root: bytes

    @property
    def tree_block(self) -> int:
        return self.blocks + 1


def protect(data: bytes, salt: bytes) -> tuple[Verity, bytes]:
    """Give the device's description, and what follows its data: superblock and tree."""
    if not data or len(data) % BLOCK:
        raise FormatError(f"one or more whole blocks of {BLOCK} bytes, not {len(data)} bytes")
    level = _digests(data, salt)
    levels: list[bytes] = []
    while len(level) > _DIGEST:
        level = level + bytes(-len(level) % BLOCK)
        levels.append(level)
        level = _digests(level, salt)
    verity = Verity(len(data) // BLOCK, salt, level)
    return verity, superblock(verity) + b"".join(reversed(levels))


def superblock(verity: Verity) -> bytes:
    """Give the block by which tools, not the kernel, know the tree's shape."""
    uuid = hashlib.sha256(verity.root).digest()[:16]
    fields = (uuid, b"sha256", BLOCK, BLOCK, verity.blocks, len(verity.salt), verity.salt)
    return _SUPERBLOCK.pack(b"verity", 1, 1, *fields).ljust(BLOCK, b"\0")


def table(verity: Verity, device: str) -> str:
    """Give the target's line: a block that is not what it was panics the kernel."""
    salt = verity.salt.hex() or "-"
    parts = (
        f"0 {verity.blocks * BLOCK // SECTOR} verity 1 {device} {device} {BLOCK} {BLOCK}",
        f"{verity.blocks} {verity.tree_block} sha256 {verity.root.hex()} {salt}",
        "1 panic_on_corruption",
    )
    return " ".join(parts)


def _digests(data: bytes, salt: bytes) -> bytes:
    salted = hashlib.sha256(salt)
    found = bytearray()
    view = memoryview(data)
    for at in range(0, len(data), BLOCK):
        one = salted.copy()
        one.update(view[at : at + BLOCK])
        found += one.digest()
    return bytes(found)
