"""What an installer image holds, by name: the image that firmware starts, and the root it verifies.

Both in any of its layers, the last one counts. The image is signed, and names the root by its hash.
A boot medium has the same: the root is what runs from memory, the image is below MEDIUM, and beside
it in a directory what else is on an ESP: the loader, its settings, the keys it enrols.
"""

import platform
from typing import Final

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
KERNEL: Final = "ichor.efi"
ROOT: Final = "root.img"
MEDIUM: Final = "boot"  # of the node's root: empty but on a medium
ESP: Final = "esp"


def path(name: str, architecture: str = "") -> str:
    """architecture: as OCI names it; of this machine if it is empty."""
    machine = platform.machine()
    return f"usr/install/{architecture or _ARCHITECTURES.get(machine, machine)}/{name}"
