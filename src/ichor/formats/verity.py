"""dm-verity's hash tree over the blocks of a device, as the kernel and veritysetup have it.

    data blocks | superblock | level n: one block | ... | level 0: the hashes of the data blocks

Format 1: digest = sha256(salt, block); a hash block holds 128 digests, the rest of the last one is
zero; the root hash is the digest of the top block (kernel, admin-guide/device-mapper/verity.rst).
"""

import hashlib
import re
import struct
from typing import Final, NamedTuple

from ichor.errors import FormatError

BLOCK: Final = 4096
SECTOR: Final = 512
_DIGEST: Final = 32
_TABLE: Final = re.compile(
    r"\bverity 1 \S+ \S+ 4096 4096 ([0-9]{1,10}) ([0-9]{1,10})"
    r" sha256 ([0-9a-f]{64}) (-|(?:[0-9a-f]{2}){1,256}) "
)
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
    return over(digests(data, salt), salt)


def over(level: bytes, salt: bytes) -> tuple[Verity, bytes]:
    """Do what `protect` does, of the digests of the data blocks."""
    blocks = len(level) // _DIGEST
    levels: list[bytes] = []
    while len(level) > _DIGEST:
        level = level + bytes(-len(level) % BLOCK)
        levels.append(level)
        level = digests(level, salt)
    verity = Verity(blocks, salt, level)
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


def parse(line: str) -> Verity:
    """Find the target's line in a kernel's command line. Raises FormatError."""
    match = _TABLE.search(line)
    if match is None:
        raise FormatError("a verified root in the command line")
    blocks, tree, root, salt = match.groups()
    found = Verity(int(blocks), bytes.fromhex("" if salt == "-" else salt), bytes.fromhex(root))
    if int(tree) != found.tree_block:
        raise FormatError(f"a hash tree at block {found.tree_block}, not {tree}")
    return found


def digests(data: bytes, salt: bytes) -> bytes:
    """Give the digest of each block of 4096 bytes, one behind the other."""
    salted = hashlib.sha256(salt)
    found = bytearray()
    view = memoryview(data)
    for at in range(0, len(data), BLOCK):
        one = salted.copy()
        one.update(view[at : at + BLOCK])
        found += one.digest()
    return bytes(found)
