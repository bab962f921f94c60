"""Boot media: one image that firmware starts and that holds all, and what it is carried by.

    medium.efi   kernel, command line, and an archive: our first program, the root, what to install
    ichor.iso    the same on a CD or a USB stick: for firmware that looks there (UEFI 2.10, 13.3)
    pxe/         the same for the network: whole for UEFI, in its parts for iPXE

The archive is not packed once more: what is large in it is packed already. Signed, the image
vouches for the root, which the kernel unpacks into memory and nobody can write to.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from ichor.formats import boot_entry, cpio, installer, vfat
from ichor.formats.gpt import derived_id
from ichor.image import authenticode, debian, disk, native, tools, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run
from ichor.image.tree import merge
from ichor.resources.block.partition import MIB

FILE: Final = "medium.efi"
KERNEL, ARCHIVE, LINE, SCRIPT = "vmlinuz", "initramfs", "cmdline", "boot.ipxe"
ISO: Final = "ichor.iso"
NAME: Final = "ICHOR"  # of the volume
_ESP: Final = "esp.img"
_SETTLED: Final = 315532800  # 1980-01-01, when FAT begins
# facts/kernel_args.tsv: a medium that was forgotten in its drive does not start what is installed
# again and again as a new machine.
_HALT: Final = "talos.halt_if_installed=1"
_DIRECTORIES: Final = ("dev", "root")
_SLACK: Final = 2 * MIB  # of the file system on the ISO: its tables
_LEAST: Final = 40 * MIB  # a smaller one were no FAT32
_XORRISO: Final = (
    *("xorriso", "libisoburn1t64", "libisofs6t64", "libburn4t64", "libjte2", "libedit2"),
    *("libreadline8t64", "libtinfo6", "libacl1", "libbz2-1.0", "zlib1g", "libc6", "libbsd0"),
    "libmd0",
)


def archive_step(cache: Cache, level: int = 3, more: Sequence[str] = ()) -> Step:
    """Give the step whose result is the archive that becomes the first root."""
    root, image = verified.verity_step(cache, level), uki.uki_step(cache, level, more)
    init, loader, signer = native.medium_init_step(cache), uki.stub_step(), uki.signing()

    def build(out: Path) -> None:
        esp = disk.esp_files((cache.path(loader) / disk.LOADER).read_bytes(), {}, signer)
        files = {
            "init": (cache.path(init) / "init").read_bytes(),
            installer.ROOT: (cache.path(root) / verified.IMAGE).read_bytes(),
            f"{installer.MEDIUM}/{installer.KERNEL}": (cache.path(image) / uki.FILE).read_bytes(),
            **{f"{installer.MEDIUM}/{installer.ESP}/{name}": body for name, body in esp.items()},
        }
        (out / ARCHIVE).write_bytes(pack(files))

    inputs = {
        "recipe": file_digest(*map(Path, (__file__, cpio.__file__, installer.__file__))),
        "loader": file_digest(*map(Path, (disk.__file__, boot_entry.__file__))),
        "signer": signer.certificate if signer else "",
    }
    return Step("medium/archive", build, inputs, (root, image, init, loader), 1)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Pack files in the order of their paths, after the directories that they are in."""
    above = {str(each) for name in files for each in PurePosixPath(name).parents} - {"."}
    rows = [cpio.File(name, files[name], 0o755 if name == "init" else 0o644) for name in files]
    return cpio.build(sorted(rows), sorted({*above, *_DIRECTORIES}))


def command_line(more: Sequence[str] = ()) -> str:
    return " ".join((*uki.arguments(), *uki.GENERATION.words, *more, _HALT))


def medium_step(cache: Cache, level: int = 3, more: Sequence[str] = ()) -> Step:
    """Give the step whose result is the image that firmware starts. more: of its kernel, too."""
    kernel, stub, signer = uki.kernel_step(cache), uki.stub_step(), uki.signing()
    packed = archive_step(cache, level, more)

    def build(out: Path) -> None:
        made = uki.assemble(
            (cache.path(stub) / uki.STUB).read_bytes(),
            (cache.path(kernel) / "bzImage").read_bytes(),
            command_line(more),
            (cache.path(packed) / ARCHIVE).read_bytes(),
        )
        (out / FILE).write_bytes(authenticode.sign(made, *signer) if signer else made)

    inputs = {
        "arguments": command_line(more),
        "recipe": file_digest(*map(Path, (__file__, uki.__file__, authenticode.__file__))),
        "signer": signer.certificate if signer else "",
    }
    return Step("medium/image", build, inputs, (kernel, stub, packed), 1)


def pxe_step(cache: Cache, level: int = 3) -> Step:
    """Give the step whose result is what servers for network boot hand out."""
    kernel, image = uki.kernel_step(cache), medium_step(cache, level)
    packed = archive_step(cache, level)

    def build(out: Path) -> None:
        (out / FILE).hardlink_to(cache.path(image) / FILE)
        (out / KERNEL).write_bytes((cache.path(kernel) / "bzImage").read_bytes())
        (out / ARCHIVE).hardlink_to(cache.path(packed) / ARCHIVE)
        (out / LINE).write_text(f"{command_line()}\n")
        (out / SCRIPT).write_text(script(command_line()))

    return Step(
        "medium/pxe", build, {"recipe": file_digest(Path(__file__))}, (kernel, image, packed)
    )


def script(line: str) -> str:
    """Give what iPXE does: the image's parts from where the script came from."""
    told = f"kernel {KERNEL} initrd={ARCHIVE} {line}"
    return f"#!ipxe\n{told}\ninitrd {ARCHIVE}\nboot\n"


def iso_step(cache: Cache, level: int = 3) -> Step:
    image, packer = medium_step(cache, level), xorriso_step(cache)

    def build(out: Path) -> None:
        body = (cache.path(image) / FILE).read_bytes()
        files = out / "files"
        files.mkdir()
        size = max(_LEAST, -(-len(body) // MIB) * MIB + _SLACK + len(body) // 50)
        disk.make_esp({disk.BOOT: body}, files / _ESP, size // MIB * MIB)
        write_iso(files, out / ISO, tools.in_place(cache.path(packer), "usr/bin/xorriso"))
        (files / _ESP).unlink()
        files.rmdir()

    recipe = file_digest(*map(Path, (__file__, disk.__file__, vfat.__file__)))
    return Step("medium/iso", build, {"recipe": recipe}, (image, packer), 2)


def write_iso(files: Path, out: Path, xorriso: Sequence[str]) -> None:
    """Write a CD that firmware boots by El Torito, and a stick that it boots by its partition.

    Both lead to the same file, the only one. It has more sectors than the catalog has bits for:
    xorriso writes 0, with which it goes on to the volume's end.
    """
    seed = bytes.fromhex(file_digest(files / _ESP))
    for each in (files / _ESP, files):
        os.utime(each, (_SETTLED, _SETTLED))
    options: list[str | Path] = ["-as", "mkisofs", "-quiet", "-V", NAME, "-o", out]
    options += ["-e", f"/{_ESP}", "-no-emul-boot", "-efi-boot-part", "--efi-boot-image"]
    options += ["--gpt_disk_guid", derived_id(seed, 0).hex, "-no-pad", files]
    settled = {"SOURCE_DATE_EPOCH": str(_SETTLED), "TZ": "UTC", "HOME": "/nowhere"}
    run([*xorriso, *options], env=settled)


def xorriso_step(cache: Cache) -> Step:
    parts = debian.steps(_XORRISO)

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools/xorriso", build, {"recipe": "1"}, tuple(parts.values()))
