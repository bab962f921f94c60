"""Programs in C without a libc: pause."""

from pathlib import Path
from typing import Final

from ichor.image import checkout
from ichor.image.cache import Step, file_digest
from ichor.image.process import run
from ichor.image.sysroot import compiler

FLAGS: Final = (
    "-Os -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-stack-protector -no-pie"
    " -fno-pie -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code -s"
)


def pause_step() -> Step:
    source = checkout.components() / "pause" / "pause.c"

    def build(out: Path) -> None:
        run(["gcc", *FLAGS.split(), source, "-o", out / "pause"], package="gcc")

    inputs = {"source": file_digest(source), "flags": FLAGS, "compiler": compiler()}
    return Step("c/pause", build, inputs)
