"""EPHEMERAL grows with its disk: its partition before it is opened, its file system once mounted.

So what encrypts it is never resized in use, and a start that is cut off goes on with the next one.
"""

from pathlib import Path

from ichor.controllers.block.sizes import grown
from ichor.errors import IchorError
from ichor.linux import system_disk, volume_settings, xfs
from ichor.linux.meta import DiskMeta
from ichor.log import fields, logger
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE
from ichor.resources.block.volume_config import Partition as Size
from ichor.units import format_size

log = logger(__name__)
_ANY = Size(grow=True)


def partition(disk: SystemDisk) -> SystemDisk:
    """Give the disk with what the configuration lets grow; STATE, which knows it, is open.

    A volume that cannot grow is told of, and mounted as it is.
    """
    if not {STATE, EPHEMERAL} <= disk.whole or grown(disk.table, EPHEMERAL, _ANY) is None:
        return disk
    try:
        known = volume_settings.kept(disk, EPHEMERAL, DiskMeta())
        found = known and grown(disk.table, EPHEMERAL, known.settings.size)
        return system_disk.grow(disk, found) if found else disk
    except (OSError, IchorError) as error:
        log.error("a volume does not grow", extra=fields(volume=EPHEMERAL, why=error))
        return disk


def file_system(disk: SystemDisk) -> None:
    """Have /var fill its volume."""
    try:
        more = xfs.grow(Path("/var"), Path(disk.volume(EPHEMERAL)))
    except OSError as error:
        log.error("a file system does not grow", extra=fields(volume=EPHEMERAL, why=error))
        return
    if more:
        log.info("a volume has grown", extra=fields(volume=EPHEMERAL, by=format_size(more)))
