"""A disk of images for machines: an OCI layout as a squashfs, in the one partition IMAGECACHE.

Nodes of other makers look for the same label; the file system is ours: what is in there is known
by its digest and never written. Blobs are packed as they are, most of them are compressed already.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ichor.formats import gpt
from ichor.formats.gpt import SECTOR, Partition, Table
from ichor.image import raw
from ichor.image.process import run
from ichor.resources.block.partition import IMAGE_CACHE, MIB

FILE: Final = "images.raw"
_ALIGN: Final = MIB // SECTOR


def make(layout: Path, out: Path, mksquashfs: Sequence[str]) -> None:
    """Write the disk; the same layout gives the same bytes."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        packed = Path(work) / "squashfs"
        options = ["-noappend", "-all-root", "-no-xattrs", "-no-progress", "-reproducible"]
        options += ["-mkfs-time", "0", "-all-time", "0", "-noI", "-noD", "-noF", "-noX"]
        run([*mksquashfs, layout, packed, *options], package="squashfs-tools")
        seed = hashlib.sha256((layout / "index.json").read_bytes()).digest()
        size = packed.stat().st_size
        last = _ALIGN + -(-size // MIB) * _ALIGN - 1
        part = Partition(1, gpt.LINUX_DATA, gpt.derived_id(seed, 1), _ALIGN, last, IMAGE_CACHE)
        table = Table(gpt.derived_id(seed, 0), last + 1 + _ALIGN, (part,))
        whole = Path(work) / FILE
        raw.write(whole, table, [(packed, part)])
        whole.rename(out)
