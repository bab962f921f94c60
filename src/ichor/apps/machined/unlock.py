"""A machine's encrypted volumes are opened before all else: STATE, then what it knows of.

Who has no volume that is encrypted loads nothing for it. One that no key opens ends this start:
PID 1 says so, and starts again; it is nobody's to format.
"""

from pathlib import Path
from typing import NamedTuple

from ichor.apps.machined import growing, layers
from ichor.linux import volume_settings
from ichor.linux.meta import DiskMeta
from ichor.log import fields, logger
from ichor.ports.mount import Mounts, Remount
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE

log = logger(__name__)


class Opened(NamedTuple):
    """disk: None where there is none. usable: labels of what can be mounted now."""

    disk: SystemDisk | None
    usable: frozenset[str] = frozenset()

    @property
    def is_sealed(self) -> bool:
        """Say whether the TPM gives back what opens a volume of them."""
        headers = self.disk.encrypted if self.disk is not None else {}
        return any(headers[label].sealed for label in self.usable & headers.keys())


def volumes(disk: SystemDisk | None) -> Opened:
    """Open what is encrypted, and let grow what may.

    One whose STATE is gone is left as it is: a configuration may say how it is opened. Raises
    Conflict where keys are known and none fits, OSError, FormatError.
    """
    if disk is None:
        return Opened(None)
    usable = {STATE} if _is_usable(disk, STATE) else set[str]()
    disk = growing.partition(disk)
    if _is_usable(disk, EPHEMERAL):
        usable.add(EPHEMERAL)
    return Opened(disk, frozenset(usable))


def _is_usable(disk: SystemDisk, label: str) -> bool:
    if label not in disk.encrypted:
        return label in disk.whole
    known = volume_settings.kept(disk, label, DiskMeta())
    if known is None and label != STATE:
        log.warning("a volume stays closed: STATE does not know it", extra=fields(volume=label))
        return False
    from ichor.linux import encrypted  # with libcryptsetup, where it is asked for

    encrypted.unlock(Path(disk.device(label)), label, known)
    return True


def complete(found: Opened, mounts: Mounts) -> None:
    """Do what takes volumes that are mounted: let EPHEMERAL fill its own, and be as loose as asked.

    secure: false is what STATE says, for all else /var is nosuid and nodev.
    """
    if found.disk is None or not {STATE, EPHEMERAL} <= found.usable:
        return
    growing.file_system(found.disk)
    known = volume_settings.read(Path(layers.STATE), EPHEMERAL)
    if known is not None and not known.settings.secure:
        mounts.apply(Remount(target="/var"))
