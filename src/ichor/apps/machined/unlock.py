"""A machine's encrypted volumes are opened before all else: STATE, then what it knows of.

Who has no volume that is encrypted loads nothing for it. One that no key opens ends this start:
PID 1 says so, and starts again; it is nobody's to format.
"""

from pathlib import Path

from ichor.apps.machined import layers
from ichor.linux import volume_settings
from ichor.linux.meta import DiskMeta
from ichor.log import fields, logger
from ichor.ports.mount import Mounts, Remount
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE

log = logger(__name__)


def usable(disk: SystemDisk | None) -> frozenset[str]:
    """Open what is encrypted; give all that can be mounted now.

    One whose STATE is gone is left as it is: a configuration may say how it is opened. Raises
    Conflict where keys are known and none fits, OSError, FormatError.
    """
    if disk is None:
        return frozenset()
    return frozenset(label for label in (STATE, EPHEMERAL) if _is_usable(disk, label))


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


def loosen(disk: SystemDisk | None, mounts: Mounts) -> None:
    """Let /var have what `secure: false` asks for, now that STATE is there to say so."""
    if disk is None or not {STATE, EPHEMERAL} <= disk.whole:
        return
    known = volume_settings.read(Path(layers.STATE), EPHEMERAL)
    if known is not None and not known.settings.secure:
        mounts.apply(Remount(target="/var"))
