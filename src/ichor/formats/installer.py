"""What an installer image holds, by name: the image that firmware starts, and the root it verifies.

Both in any of its layers, the last one counts. The image is signed, and names the root by its hash.
"""

import platform
from typing import Final

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
KERNEL: Final = "ichor.efi"
ROOT: Final = "root.img"


def path(name: str, architecture: str = "") -> str:
    """architecture: as OCI names it; of this machine if it is empty."""
    machine = platform.machine()
    return f"usr/install/{architecture or _ARCHITECTURES.get(machine, machine)}/{name}"
