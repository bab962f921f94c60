"""The build root of programs in C: headers and static libraries of the lock, the host's compiler.

runc links libseccomp and libc into itself; taken from the lock, they are the same on every host.
"""

import functools
import shutil
from pathlib import Path
from typing import Final

from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.process import run

PACKAGES: Final = ("libc6-dev", "linux-libc-dev", "libseccomp-dev")
# @SYSROOT@ is replaced when it runs, so that keys do not depend on where the cache is.
CC_FLAGS: Final = {
    "CC": "gcc --sysroot=@SYSROOT@",
    "PKG_CONFIG_SYSROOT_DIR": "@SYSROOT@",
    "PKG_CONFIG_LIBDIR": "@SYSROOT@/usr/lib/x86_64-linux-gnu/pkgconfig",
}


@functools.cache
def compiler() -> str:
    """Give the first line of `gcc --version`, a part of every key of what it builds."""
    return run(["gcc", "--version"], package="gcc").splitlines()[0]


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

    return Step("sysroot", build, {"recipe": "1"}, tuple(parts.values()))
