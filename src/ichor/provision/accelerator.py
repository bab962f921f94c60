"""KVM or TCG: whether the firmware gets to choose what to boot tells whether KVM really runs code.

Opening /dev/kvm proves nothing: inside some virtual machines the first guest instruction never
ends, in others a few run and the processor cannot be set up. Hence the machine as it will be, with
a deadline, and TCG where it passes.
"""

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from ichor.provision.record import Cluster

CODE: Final = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
# How many times slower than a machine of iron each is, for whatever waits, leases and elections.
SLOWNESS: Final = {"kvm": 1, "tcg": 5}
_DEADLINE: Final = timedelta(seconds=10)
_REACHED: Final = b"BdsDxe"  # the firmware's phase of choosing what to boot says so on the console


def arguments(accelerator: str) -> Sequence[str]:
    """Give QEMU's for a machine and its processor."""
    if accelerator == "kvm":
        return "-machine", "q35", "-accel", "kvm", "-cpu", "host"
    return "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"


def choose(qemu: str = "qemu-system-x86_64") -> str:
    """Give `kvm` if guests run with it here, else `tcg`."""
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK) and runs("kvm", qemu)
    return "kvm" if usable else "tcg"


def slowness(cluster: Cluster) -> int:
    """Give that of its slowest node; a container is as fast as its host."""
    machines = (node.machine for node in cluster.nodes)
    return max((SLOWNESS[each.accelerator] for each in machines if each is not None), default=1)


def runs(accelerator: str, qemu: str) -> bool:
    """Say whether the firmware gets that far in time."""
    argv = [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio"]
    argv += [*arguments(accelerator), "-smp", "2", "-m", "128", "-net", "none"]
    argv += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}"]
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return False
    with process:
        try:
            return _says(process, _REACHED)
        finally:
            process.kill()


def _says(process: "subprocess.Popen[bytes]", wanted: bytes) -> bool:
    said, end = b"", time.monotonic() + _DEADLINE.total_seconds()
    if process.stdout is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while wanted not in said and selector.select(max(0.0, end - time.monotonic())):
            if not (piece := os.read(process.stdout.fileno(), 4096)):
                break
            said += piece
    return wanted in said
