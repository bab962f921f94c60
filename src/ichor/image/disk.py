"""The raw disk: what is written to a machine's disk as it is, and boots.

Every id is derived from what the disk holds, every time is 0: the same parts give the same bytes.
The file ends where META does; on a larger disk the node moves the table's twin and goes on there.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ichor.formats import boot_entry, gpt, vfat
from ichor.formats.boot_entry import BootEntry
from ichor.formats.verity import Verity
from ichor.image import authenticode, measure, raw, uki
from ichor.image import platform as platforms
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.platform import METAL
from ichor.image.signature_list import VENDORS, change, signature_list
from ichor.image.uki import Signer
from ichor.resources.block import layout, partition

FILE: Final = "disk.raw"
LOADER: Final = uki.LOADER
BOOT: Final = "EFI/BOOT/BOOTX64.EFI"
# loader.conf(5). Keys are enrolled by themselves in virtual machines only: iron may not start again
# without those of its maker.
_LOADER_CONF: Final = b"timeout 0\neditor no\nsecure-boot-enroll if-safe\n"
_RECIPE: Final = (boot_entry, layout, partition, raw, vfat)


def disk_step(cache: Cache, level: int = 3, platform: str = METAL) -> Step:
    root = verified.verity_step(cache, level)
    image, align = uki.uki_step(cache, level, (), platform), platforms.platform(platform).align
    loader, signer = uki.stub_step(), uki.signing()

    def build(out: Path) -> None:
        esp = out / "esp.img"
        files = esp_files(
            (cache.path(loader) / LOADER).read_bytes(),
            {BootEntry(1): (cache.path(image) / uki.FILE).read_bytes()},
            signer,
        )
        make_esp(files, esp)
        made = verified.read(cache.path(root))
        write(out / FILE, esp, cache.path(root) / verified.IMAGE, made, align)
        esp.unlink()
        shutil.copy(cache.path(image) / measure.FILE, out)

    inputs = {
        "recipe": file_digest(Path(__file__), *(Path(str(each.__file__)) for each in _RECIPE)),
        "signer": signer.certificate if signer else "",
        "align": str(align),
    }
    return Step(platforms.suffixed("disk", platform), build, inputs, (root, image, loader), 3)


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


def make_esp(files: Mapping[str, bytes], out: Path, size: int = partition.EFI_SIZE) -> None:
    """Make the file system of the ESP; what it does not use is a hole."""
    with out.open("wb") as file:
        file.truncate(size)
        for piece in vfat.build(files, size, partition.EFI):
            file.seek(piece.offset)
            file.write(piece.data)


def write(out: Path, esp: Path, root: Path, made: Verity, align: int = partition.MIB) -> None:
    """Write the disk: both ends of the table, the ESP, root A; the rest is a hole.

    align: its size is a multiple, in bytes.
    """
    table = layout.plan(made.root)
    sectors = align // gpt.SECTOR
    table = gpt.resized(table, -(-table.sectors // sectors) * sectors)
    raw.write(out, table, zip((esp, root), table.partitions, strict=False))
