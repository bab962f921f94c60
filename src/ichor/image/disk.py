"""The raw disk: what is written to a machine's disk as it is, and boots.

Every id is derived from what the disk holds, every time is 0: the same parts give the same bytes.
The file ends where META does; on a larger disk the node moves the table's twin and goes on there.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from ichor.formats import boot_entry, gpt
from ichor.formats.boot_entry import BootEntry
from ichor.formats.gpt import SECTOR, Partition, Table
from ichor.formats.verity import Verity
from ichor.image import authenticode, debian, measure, raw, tools, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run
from ichor.image.signature_list import VENDORS, change, signature_list
from ichor.image.tree import merge
from ichor.image.uki import Signer
from ichor.resources.block import partition
from ichor.resources.block.partition import MIB

FILE: Final = "disk.raw"
LOADER: Final = uki.LOADER
BOOT: Final = "EFI/BOOT/BOOTX64.EFI"
# loader.conf(5). Keys are enrolled by themselves in virtual machines only: iron may not start again
# without those of its maker.
_LOADER_CONF: Final = b"timeout 0\neditor no\nsecure-boot-enroll if-safe\n"
_ALIGN: Final = MIB // SECTOR
_READ_ONLY: Final = 1 << 60  # Discoverable Partitions Specification: attribute bits


def disk_step(cache: Cache, level: int = 3) -> Step:
    root, image = verified.verity_step(cache, level), uki.uki_step(cache, level)
    fat, loader, signer = fat_tools_step(cache), uki.stub_step(), uki.signing()

    def build(out: Path) -> None:
        esp = out / "esp.img"
        files = esp_files(
            (cache.path(loader) / LOADER).read_bytes(),
            {BootEntry(1): (cache.path(image) / uki.FILE).read_bytes()},
            signer,
        )
        make_esp(files, esp, cache.path(fat))
        write(out / FILE, esp, cache.path(root) / verified.IMAGE, verified.read(cache.path(root)))
        esp.unlink()
        shutil.copy(cache.path(image) / measure.FILE, out)

    inputs = {
        "recipe": file_digest(
            *(
                Path(each)
                for each in (__file__, boot_entry.__file__, partition.__file__, raw.__file__)
            )
        ),
        "signer": signer.certificate if signer else "",
    }
    return Step("disk", build, inputs, (root, image, fat, loader), 3)


def fat_tools_step(cache: Cache) -> Step:
    parts = debian.steps(("dosfstools", "mtools", "libc6"))

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools/fat", build, {"recipe": "1"}, tuple(parts.values()))


def esp_files(
    loader: bytes, images: Mapping[BootEntry, bytes], signer: Signer | None
) -> Mapping[str, bytes]:
    """Give what is on the ESP: where firmware looks on any disk, systemd-boot, and what it boots.

    With a signer the loader is signed, too, and has what firmware in setup mode is enrolled with.
    """
    files = {f"{boot_entry.DIRECTORY}/{entry.name}": image for entry, image in images.items()}
    files["loader/loader.conf"] = _LOADER_CONF
    if signer is None:
        return {**files, BOOT: loader}
    own = signature_list(signer.certificate)
    keys = {f"loader/keys/auto/{name}.auth": change(name, own, *signer) for name in VENDORS}
    return {**files, **keys, BOOT: authenticode.sign(loader, *signer)}


def make_esp(files: Mapping[str, bytes], out: Path, fat: Path) -> None:
    """Make the file system of the ESP."""
    serial = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:8]
    with out.open("wb") as file:
        file.truncate(partition.EFI_SIZE)
    mkfs = tools.in_place(fat, "usr/sbin/mkfs.fat")
    run([*mkfs, "--invariant", "-F", "32", "-i", serial, "-n", partition.EFI, out])
    settled = {"SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    mtools = tools.in_place(fat, "usr/bin/mtools")
    folders = sorted({str(each) for name in files for each in PurePosixPath(name).parents} - {"."})
    run([*mtools, "-c", "mmd", "-i", out, *(f"::/{each}" for each in folders)], env=settled)
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        for name in sorted(files):
            source = Path(work, "file")
            source.write_bytes(files[name])
            run([*mtools, "-c", "mcopy", "-i", out, source, f"::/{name}"], env=settled)


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
