"""KVM or TCG: a virtual machine of one sector that ends itself tells whether KVM really runs code.

Opening /dev/kvm proves nothing: inside some virtual machines it opens, and the first guest
instruction never ends. Hence a deadline, and TCG where it passes.
"""

import os
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

_DEADLINE: Final = timedelta(seconds=5)
# mov al, 0x10; out 0xf4, al; hlt - QEMU's isa-debug-exit makes of that exit status 0x10 * 2 + 1.
_SECTOR: Final = bytes.fromhex("b010 e6f4 f4".replace(" ", "")).ljust(510, b"\0") + b"\x55\xaa"
_ENDED: Final = 33


def choose(qemu: str = "qemu-system-x86_64") -> str:
    """Give `kvm` if guests run with it here, else `tcg`."""
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK) and runs("kvm", qemu)
    return "kvm" if usable else "tcg"


def runs(accelerator: str, qemu: str) -> bool:
    """Say whether a guest gets through its three instructions in time."""
    with tempfile.TemporaryDirectory(prefix="ichor-probe-") as work:
        disk = Path(work) / "sector"
        disk.write_bytes(_SECTOR)
        argv = [qemu, "-accel", accelerator, "-nodefaults", "-display", "none", "-m", "16"]
        argv += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        argv += ["-drive", f"file={disk},format=raw,if=ide"]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_DEADLINE.total_seconds(),
                check=False,
            )
        except (subprocess.TimeoutExpired, FileNotFoundError):
            return False
    return done.returncode == _ENDED
