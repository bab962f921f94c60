"""Programs in C without a libc: pause."""

from pathlib import Path
from typing import Final

from ichor.image import buildroot, checkout
from ichor.image.cache import Cache, Step, file_digest

FLAGS: Final = (
    "-Os -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-stack-protector -no-pie"
    " -fno-pie -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code -s"
)


def pause_step(cache: Cache) -> Step:
    source = checkout.components() / "pause" / "pause.c"
    root = buildroot.root_step(cache)

    def build(out: Path) -> None:
        argv = [buildroot.CC, *FLAGS.split(), f"/src/{source.name}", "-o", "/out/pause"]
        binds = {"src": source.parent, "out": out}
        buildroot.enter(cache.path(root), argv, binds=binds, env={})

    inputs = {"source": file_digest(source), "flags": FLAGS}
    return Step("c/pause", build, inputs, (root,))
