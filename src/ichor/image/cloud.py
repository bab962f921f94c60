"""Disks as platforms import them: our disk, with the platform's name in its kernel's line.

    uki/<platform> ─► disk/<platform> ─► cloud/<platform>: <platform>.raw.zst, .qcow2, .vhd, .tar.gz

What is zero in a disk is left out where the format can, told by the bytes and not by the holes of
the file, which differ by file system: equal disks give equal bytes. The root is packed already, so
qcow2 is not compressed.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ichor.formats import gpt, qcow2, sparse_tar, vhd
from ichor.image import debian, disk, measure, sparse, tools
from ichor.image import platform as platforms
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.platform import QCOW2, RAW_ZST, TAR_GZ, VHD
from ichor.image.process import run
from ichor.image.tree import merge

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL: Final = 3  # nearly all is zeros, or packed
_UNIT: Final = 1 << 16
_GZIP: Final = ("gzip", "libc6")


def cloud_step(cache: Cache, platform: str, level: int = 3) -> Step:
    """Give the step whose result is a platform's image. Raises InputError for an unknown one."""
    container = platforms.platform(platform).container
    raw, gzip = disk.disk_step(cache, level, platform), gzip_step(cache)

    def build(out: Path) -> None:
        source = cache.path(raw)
        made = out / file_name(platform)
        WRITERS[container](source / disk.FILE, made)
        if container == TAR_GZ:
            compress(made, tools.in_place(cache.path(gzip), "usr/bin/gzip"))
        shutil.copy(source / measure.FILE, out)

    modules = platforms, sparse, qcow2, sparse_tar, vhd
    recipe = file_digest(Path(__file__), *(Path(str(each.__file__)) for each in modules))
    needs = (raw, gzip) if container == TAR_GZ else (raw,)
    return Step(f"cloud/{platform}", build, {"recipe": recipe}, needs, 5)


def file_name(platform: str) -> str:
    return f"{platform}.{platforms.platform(platform).container}"


def gzip_step(cache: Cache) -> Step:
    parts = debian.steps(_GZIP)

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools/gzip", build, {"recipe": "1"}, tuple(parts.values()))


def write_zst(source: Path, out: Path) -> None:
    size = source.stat().st_size
    parameters = zstd.CompressionParameter
    options: dict[int, int] = {parameters.compression_level: _LEVEL, parameters.checksum_flag: 1}
    packer = zstd.ZstdCompressor(options=options)
    packer.set_pledged_input_size(size)
    with source.open("rb") as file, out.open("wb") as packed:
        while data := file.read(_UNIT):
            packed.write(packer.compress(data))
        packed.write(packer.flush())


def write_qcow2(source: Path, out: Path) -> None:
    filled = list(sparse.filled(source, qcow2.CLUSTER))
    with source.open("rb") as file, out.open("wb") as made:
        made.write(qcow2.head(source.stat().st_size, filled))
        for number in filled:
            data = os.pread(file.fileno(), qcow2.CLUSTER, number * qcow2.CLUSTER)
            made.write(data.ljust(qcow2.CLUSTER, b"\0"))


def write_vhd(source: Path, out: Path) -> None:
    """Write a fixed one; its id is that of the disk's table."""
    size = source.stat().st_size
    with source.open("rb") as file, out.open("wb") as made:
        id = gpt.parse(file.read(64 * gpt.SECTOR)).disk
        made.truncate(size)
        sparse.copy(source, made.fileno())
        made.seek(size)
        made.write(vhd.footer(size, id))


def write_tar(source: Path, out: Path) -> None:
    """Write an archive of one file, called as Google Cloud wants it."""
    size, stored = source.stat().st_size, 0
    pieces = sparse.runs(sparse.filled(source, _UNIT), _UNIT, size)
    with source.open("rb") as file, out.open("wb") as made:
        made.write(sparse_tar.head("disk.raw", size, pieces))
        for offset, length in pieces:
            for at in range(offset, offset + length, _UNIT):
                stored += made.write(os.pread(file.fileno(), min(_UNIT, offset + length - at), at))
        made.write(bytes(-stored % sparse_tar.BLOCK) + sparse_tar.END)


def compress(path: Path, gzip: list[str]) -> None:
    """Have gzip pack a file called .gz that is not packed yet; no name and no time in it."""
    plain = path.with_suffix("")
    path.rename(plain)
    run([*gzip, "--no-name", plain])


WRITERS: Final[Mapping[str, Callable[[Path, Path], None]]] = {
    RAW_ZST: write_zst,
    QCOW2: write_qcow2,
    VHD: write_vhd,
    TAR_GZ: write_tar,
}
