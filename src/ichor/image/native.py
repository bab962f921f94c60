"""Programs in C without a libc: pause, the first program of boot media, the verifier of images."""

from pathlib import Path
from typing import Final

from ichor.image import buildroot, checkout
from ichor.image.cache import Cache, Step, file_digest

FLAGS: Final = (
    "-Os -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-stack-protector -no-pie"
    " -fno-pie -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code -s"
)
VERIFIER: Final = "image-verifier"


def pause_step(cache: Cache) -> Step:
    return _step(cache, checkout.components() / "pause" / "pause.c")


def medium_init_step(cache: Cache) -> Step:
    return _step(cache, checkout.components() / "medium-init" / "init.c")


def image_verifier_step(cache: Cache) -> Step:
    return _step(cache, checkout.components() / VERIFIER / f"{VERIFIER}.c")


def _step(cache: Cache, source: Path) -> Step:
    """Give the step whose result is the program, called as its source."""
    root = buildroot.root_step(cache)

    def build(out: Path) -> None:
        argv = [buildroot.CC, *FLAGS.split(), f"/src/{source.name}", "-o", f"/out/{source.stem}"]
        binds = {"src": source.parent, "out": out}
        buildroot.enter(cache.path(root), argv, binds=binds, env={})

    inputs = {"source": file_digest(source), "flags": FLAGS}
    return Step(f"c/{source.parent.name}", build, inputs, (root,))
