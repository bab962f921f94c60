"""The raw disk: what is written to a machine's disk as it is, and boots.

Every id is derived from what the disk holds, every time is 0: the same parts give the same bytes.
The file ends where META does; on a larger disk the node moves the table's twin and goes on there.
"""

import hashlib
from pathlib import Path
from typing import Final

from ichor.formats import gpt
from ichor.formats.gpt import SECTOR, Partition, Table
from ichor.formats.verity import Verity
from ichor.image import debian, raw, tools, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run
from ichor.image.tree import merge
from ichor.resources.block import partition
from ichor.resources.block.partition import MIB

FILE: Final = "disk.raw"
_ALIGN: Final = MIB // SECTOR
_READ_ONLY: Final = 1 << 60  # Discoverable Partitions Specification: attribute bits


def disk_step(cache: Cache, level: int = 3) -> Step:
    root, image = verified.verity_step(cache, level), uki.uki_step(cache, level)
    fat = fat_tools_step(cache)

    def build(out: Path) -> None:
        esp = out / "esp.img"
        make_esp(cache.path(image) / uki.FILE, esp, cache.path(fat))
        write(out / FILE, esp, cache.path(root) / verified.IMAGE, verified.read(cache.path(root)))
        esp.unlink()

    inputs = {
        "recipe": file_digest(
            *(Path(each) for each in (__file__, partition.__file__, raw.__file__))
        )
    }
    return Step("disk", build, inputs, (root, image, fat), 3)


def fat_tools_step(cache: Cache) -> Step:
    parts = debian.steps(("dosfstools", "mtools", "libc6"))

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools/fat", build, {"recipe": "1"}, tuple(parts.values()))


def make_esp(image: Path, out: Path, fat: Path) -> None:
    """Make the file system of the ESP with the image where firmware looks on any disk."""
    serial = hashlib.sha256(image.read_bytes()).hexdigest()[:8]
    with out.open("wb") as file:
        file.truncate(partition.EFI_SIZE)
    mkfs = tools.in_place(fat, "usr/sbin/mkfs.fat")
    run([*mkfs, "--invariant", "-F", "32", "-i", serial, "-n", partition.EFI, out])
    settled = {"SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    mtools = tools.in_place(fat, "usr/bin/mtools")
    run([*mtools, "-c", "mmd", "-i", out, "::/EFI", "::/EFI/BOOT"], env=settled)
    run([*mtools, "-c", "mcopy", "-i", out, image, "::/EFI/BOOT/BOOTX64.EFI"], env=settled)


def write(out: Path, esp: Path, root: Path, made: Verity) -> None:
    """Write the disk: both ends of the table, the ESP, root A; the rest is a hole."""
    table = plan(made.root)
    raw.write(out, table, zip((esp, root), table.partitions, strict=False))


def plan(root_hash: bytes) -> Table:
    """Give the table of a disk whose slot A holds that root."""
    rows = (
        (gpt.ESP, partition.EFI_SIZE, partition.EFI, 0),
        (gpt.ROOT_X86_64, partition.ROOT_SIZE, partition.root_label(root_hash), _READ_ONLY),
        (gpt.ROOT_X86_64, partition.ROOT_SIZE, partition.EMPTY_ROOT, _READ_ONLY),
        (gpt.LINUX_DATA, partition.META_SIZE, partition.META, 0),
    )
    at, partitions = _ALIGN, []
    for number, (kind, size, label, attributes) in enumerate(rows, 1):
        last = at + size // SECTOR - 1
        id = gpt.derived_id(root_hash, number)
        partitions.append(Partition(number, kind, id, at, last, label, attributes))
        at = last + 1
    return Table(gpt.derived_id(root_hash, 0), at + _ALIGN, tuple(partitions))
