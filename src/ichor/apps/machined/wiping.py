"""Reset's last step: volumes of a container are emptied once nothing runs, a machine's erased.

Of a machine what could open it goes, then the partition: it is made anew, as large and as encrypted
as is wanted then, by the configuration that is there or comes. EPHEMERAL goes before STATE, which
has the configuration: without it anybody may ask for what is left.

What pods had mounted is let go first: a directory that is a mount point would stay, and what is
mounted there, perhaps from elsewhere, would be emptied. A kubelet that finds directories of pods it
does not know asks the API server about their volumes before it mounts any, also the API server's.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ichor.apps.machined import layers
from ichor.formats.meta import STATE_ENCRYPTION, without
from ichor.linux import system_disk
from ichor.linux.mount import KernelMounts
from ichor.log import fields, logger
from ichor.ports.mount import Detach
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import STATE

log = logger(__name__)
VOLUMES: Final = {"EPHEMERAL": Path("/var"), "STATE": Path(layers.STATE)}


def wipe(names: Iterable[str]) -> None:
    """Empty volumes; what would not go stays, and the log says so."""
    for name in sorted(names):
        empty(VOLUMES[name])


def erase(names: Iterable[str], disk: SystemDisk | None) -> None:
    """Erase a machine's volumes, to which nobody writes any more. Raises OSError, FormatError."""
    for name in sorted(names):
        if disk is not None and disk.has(name):
            _erase(disk, name)
            disk = disk.without(name)


def _erase(disk: SystemDisk, name: str) -> None:
    system_disk.remove(disk, name)
    if name == STATE:
        from ichor.linux.meta import DiskMeta

        DiskMeta().change(lambda values: without(values, STATE_ENCRYPTION))
    log.info("a volume is erased", extra=fields(volume=name))


def empty(volume: Path) -> None:
    _detach_below(volume)
    for path in sorted(volume.iterdir()):
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, onerror=_left)
            else:
                path.unlink()
        except OSError as error:
            _left(None, str(path), error)


def _detach_below(volume: Path) -> None:
    mounts = KernelMounts()
    # Later ones first: they are deeper, or on top of an earlier one.
    for mount in reversed(mounts.observe()):
        if volume in Path(mount.target).parents:
            with suppress(OSError):  # gone with another by propagation
                mounts.apply(Detach(target=mount.target, lazy=True))


def _left(_function: object, path: str, error: object) -> None:
    log.warning("not wiped", extra=fields(path=path, why=error))
