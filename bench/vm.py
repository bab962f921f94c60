"""One virtual machine from power-on to an answer of its API, by stages, and its memory.

    PYTHONPATH=src .venv/bin/python bench/vm.py [--memory MIB] [--json FILE]

The yardstick, 1.0, is the same firmware and kernel with an init that says one line and waits. Both
machines run one after the other, so that they share no processor. Needs qemu-system-x86 and ovmf;
without a KVM that works it is emulation (TCG), and the ratio is what to look at.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ichor.cli.cluster_machines import disk_image
from ichor.formats import cpio, pe
from ichor.image import disk, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache, default_root
from ichor.image.native import FLAGS
from ichor.proto.machine import machine_pb2 as pb
from ichor.testing.machine import trial

SETTLE_S: Final = 10
MARKS: Final = {
    "firmware": "Linux version",
    "kernel": "Run /sbin/init as init process",
    "machined": "INFO ichor.",
}
EMPTY: Final = "empty init runs"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--memory", type=int, default=256)
    options.add_argument("--json", type=Path, default=Path("build/bench/vm.json"))
    given = options.parse_args()
    image = disk_image()
    with tempfile.TemporaryDirectory(prefix="ichor-vm-") as work:
        empty = Path(work) / disk.FILE
        make_empty(empty, Path(work))
        with trial(empty, given.memory) as machine:
            yardstick = machine.until(EMPTY)
    with trial(image, given.memory) as machine:
        ended = {stage: machine.until(mark) for stage, mark in MARKS.items()}
        ended["api"] = machine.answered()
        time.sleep(SETTLE_S)
        info = machine.ask("Memory", pb.MemoryResponse).messages[0].meminfo
        accelerator = machine.accelerator
    sizes = {
        "guest_mib": given.memory,
        "total_kib": info.memtotal,
        "used_kib": info.memtotal - info.memavailable,
    }
    report(accelerator, yardstick, ended, sizes)
    row = {"accelerator": accelerator, "empty_init_s": yardstick, "until_s": ended, **sizes}
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(row, indent=2) + "\n")
    print(f"wrote {given.json}")


def make_empty(out: Path, work: Path) -> None:
    """Write a disk whose kernel starts the yardstick's init, from a first root of its own."""
    cache = Cache(default_root())
    init, esp = work / "init", work / "esp.img"
    source = Path(__file__).with_name("empty_init.c")
    subprocess.run(["gcc", *FLAGS.split(), source, "-o", init], check=True)
    archive = cpio.build([cpio.File("init", init.read_bytes())])
    kernel = pe.content((cache.path(uki.uki_step(cache)) / uki.FILE).read_bytes(), ".linux")
    line = " ".join((*uki.arguments(), "rdinit=/init"))
    parts = [(".osrel", b"ID=empty\n"), (".cmdline", line.encode()), (".initrd", archive)]
    stub = (cache.path(uki.stub_step()) / uki.STUB).read_bytes()
    empty = pe.append(stub, [*parts, (".linux", kernel)])
    disk.make_esp({disk.BOOT: empty}, esp)
    root = cache.path(verified.verity_step(cache))
    disk.write(out, esp, root / verified.IMAGE, verified.read(root))


def report(
    accelerator: str, yardstick: float, ended: Mapping[str, float], sizes: Mapping[str, int]
) -> None:
    load = os.getloadavg()[0]
    print(f"{'STAGE':<12}{'SECONDS':>9}{'UNTIL':>9}{'RATIO':>8}   ({accelerator}, load {load:.0f})")
    print(f"{'empty init':<12}{'':>9}{yardstick:>9.1f}{1:>8.2f}")
    before = 0.0
    for stage, until in ended.items():
        print(f"{stage:<12}{until - before:>9.1f}{until:>9.1f}{until / yardstick:>8.2f}")
        before = until
    used, total = sizes["used_kib"] / 1000, sizes["total_kib"] / 1000
    print(f"memory used {used:.1f} MB of {total:.1f} MB; the machine has {sizes['guest_mib']} MiB")


if __name__ == "__main__":
    main()
