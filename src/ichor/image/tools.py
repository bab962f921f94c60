"""Build tools of the lock, run in place by their own loader: the host's versions change no byte."""

from pathlib import Path
from typing import Final

from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.tree import LIBRARY_DIR, LOADER, merge

PACKAGES: Final = (
    *("squashfs-tools", "liblzo2-2", "liblz4-1", "libxxhash0", "binutils-x86-64-linux-gnu"),
    *("libbinutils", "libsframe1", "libjansson4", "libc6", "zlib1g", "liblzma5", "libzstd1"),
)


def tools_step(cache: Cache) -> Step:
    parts = debian.steps(PACKAGES)

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools", build, {"recipe": "1"}, tuple(parts.values()))


def mksquashfs(cache: Cache) -> list[str]:
    return in_place(cache.path(tools_step(cache)), "usr/bin/mksquashfs")


def unsquashfs(cache: Cache) -> list[str]:
    return in_place(cache.path(tools_step(cache)), "usr/bin/unsquashfs")


def strip(cache: Cache) -> list[str]:
    return in_place(cache.path(tools_step(cache)), "usr/bin/x86_64-linux-gnu-strip")


def in_place(tree: Path, program: str) -> list[str]:
    """Give the command that runs a program of an unpacked tree on this host."""
    return [str(tree / LOADER), "--library-path", str(tree / LIBRARY_DIR), str(tree / program)]
