"""The root as a partition: squashfs, padding, and the hash tree that dm-verity checks it by.

root.img      what is written to a slot
verity.json   what the kernel is told of it
"""

import hashlib
import json
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.formats import verity
from ichor.formats.verity import BLOCK, Verity
from ichor.image import root
from ichor.image.cache import Cache, Step, file_digest
from ichor.resources.block.partition import ROOT_SIZE

IMAGE: Final = "root.img"
_NOTE: Final = "verity.json"


def verity_step(cache: Cache, level: int = 3) -> Step:
    packed = root.squashfs_step(cache, level)

    def build(out: Path) -> None:
        protect(cache.path(packed) / "root.squashfs", out)

    recipe = file_digest(Path(__file__), Path(verity.__file__))
    return Step("root/verity", build, {"recipe": recipe}, (packed,), 1)


def protect(squashfs: Path, out: Path) -> Verity:
    """Write the partition and its note. The salt is the content's own digest: no two are alike."""
    data = squashfs.read_bytes()
    data += bytes(-len(data) % BLOCK)
    made, tail = verity.protect(data, hashlib.sha256(data).digest())
    if len(data) + len(tail) > ROOT_SIZE:
        raise InputError(f"a root of {len(data) + len(tail)} bytes, a slot has {ROOT_SIZE}")
    (out / IMAGE).write_bytes(data + tail)
    note = {"blocks": made.blocks, "salt": made.salt.hex(), "root": made.root.hex()}
    (out / _NOTE).write_text(json.dumps(note))
    return made


def read(folder: Path) -> Verity:
    note = json.loads((folder / _NOTE).read_text())
    return Verity(note["blocks"], bytes.fromhex(note["salt"]), bytes.fromhex(note["root"]))
