"""The id of this boot, where programs look for it.

The kernel's own is that of the host: it would not change when a node in a container boots anew,
which is how clients tell that it did.
"""

from pathlib import Path
from typing import Final

from ichor.ports.mount import Bind, Mounts

KERNEL: Final = "/proc/sys/kernel/random/boot_id"
OURS: Final = "/system/run/boot_id"


def show(boot_id: str, mounts: Mounts) -> None:
    """Bind our id over the kernel's."""
    path = Path(OURS)
    path.write_text(f"{boot_id}\n", encoding="ascii")
    path.chmod(0o444)
    mounts.apply(Bind(target=KERNEL, source=OURS, options=("ro",)))
