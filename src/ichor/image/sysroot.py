"""The build root of programs in C: headers and static libraries of the lock, the host's compiler.

runc links libseccomp and libc into itself; taken from the lock, they are the same on every host.
"""

import functools
import os
import shutil
from pathlib import Path
from typing import Final

from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.process import run

PACKAGES: Final = ("libc6-dev", "linux-libc-dev", "libseccomp-dev")
# Go hashes CC into what it builds, so the folder of the cache must not be in it: hence a wrapper.
CC: Final = "ichor-cc"
# --sysroot alone is not enough: gcc looks for libraries beside its own installation first.
_WRAPPER: Final = """#!/bin/sh
tree="${0%/*/*}"
libraries="$tree/usr/lib/x86_64-linux-gnu"
exec gcc --sysroot="$tree" -B"$libraries" -L"$libraries" "$@"
"""


@functools.cache
def compiler() -> str:
    """Give the first line of `gcc --version`, a part of every key of what it builds."""
    return run(["gcc", "--version"], package="gcc").splitlines()[0]


def environment(tree: Path) -> dict[str, str]:
    """Give what lets a C compiler and pkg-config see the build root and nothing of the host's."""
    return {
        "PATH": f"{tree / 'cc'}:{os.environ.get('PATH', os.defpath)}",
        "PKG_CONFIG_LIBDIR": str(tree / "usr/lib/x86_64-linux-gnu/pkgconfig"),
    }


def sysroot_step(cache: Cache) -> Step:
    parts = debian.steps(PACKAGES)

    def build(out: Path) -> None:
        for part in parts.values():
            shutil.copytree(
                cache.path(part), out, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy
            )
        if not (out / "lib").exists():
            (out / "lib").symlink_to("usr/lib")
        if not (out / "lib64").exists():
            (out / "lib64").symlink_to("usr/lib64")

        wrapper = out / "cc" / CC
        wrapper.parent.mkdir()
        wrapper.write_text(_WRAPPER)
        wrapper.chmod(0o755)

    return Step("sysroot", build, {"recipe": "2", "wrapper": _WRAPPER}, tuple(parts.values()))
