"""PID 1 begins again on the disk it has just made, as after a boot, but the kernel stays.

What is in memory of STATE moves to the disk; what lies on /var in memory is gone with it.
"""

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

from ichor.apps.machined import layers, site
from ichor.errors import NotFound
from ichor.linux.mount import KernelMounts
from ichor.log import logger
from ichor.ports.mount import Detach, Mounts
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import STATE

log = logger(__name__)
INIT: Final = "/usr/bin/init"
_NEW: Final = "/run/state"


def begin(disk: SystemDisk | None) -> NoReturn:
    """Never returns. Raises NotFound, OSError."""
    if disk is None:
        raise NotFound("the system disk, whose volumes were made")
    mounts = KernelMounts()
    if layers.STATE not in {mount.target for mount in mounts.observe()}:
        move(disk, mounts)
    for target in (*layers.OVERLAID, "/var"):
        mounts.apply(Detach(target=target, lazy=True))
    os.execv(INIT, [INIT])  # noqa: S606


def move(disk: SystemDisk, mounts: Mounts) -> None:
    """Have what STATE holds in memory on its partition, for good."""
    Path(_NEW).mkdir(exist_ok=True)
    mounts.apply(site.xfs(_NEW, disk, STATE))
    carry(Path(layers.STATE), Path(_NEW))
    mounts.apply(Detach(target=_NEW))


def carry(source: Path, target: Path) -> None:
    """Copy the closed store, whole or not at all; one that is there already is the older truth."""
    name = "store.db"
    if (target / name).exists():
        log.warning("STATE has a store already, which stays")
        return
    fresh = target / f".{name}"
    shutil.copyfile(source / name, fresh)
    fresh.chmod((source / name).stat().st_mode & 0o777)
    os.sync()
    fresh.rename(target / name)
    os.sync()
