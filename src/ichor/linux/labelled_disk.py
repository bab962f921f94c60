"""A disk that brings a configuration: found by its file system's label, read, and let go.

It is mounted detached (fsopen(2)), so that no path leads there, read-only, and nothing of it is
executed. The disk we started from, and what is made of others, is never looked at.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.formats import volume_label
from ichor.formats.packed import MOST
from ichor.formats.volume_label import Volume
from ichor.linux import libc, system_disk
from ichor.log import fields, logger

log = logger(__name__)
_CLASS: Final = Path("/sys/class/block")
_DEV: Final = Path("/dev")
_FLAGS: Final = (
    libc.MOUNT_ATTR_RDONLY | libc.MOUNT_ATTR_NOSUID | libc.MOUNT_ATTR_NODEV | libc.MOUNT_ATTR_NOEXEC
)
# Opening a FIFO must not wait for who writes to it.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Made of other devices, or of memory.
_VIRTUAL: Final = ("dm-", "loop", "md", "nbd", "ram", "zram")


class KernelLabelledDisks:
    def __init__(self, blocks: Path = _CLASS, dev: Path = _DEV) -> None:
        self._blocks = blocks
        self._dev = dev

    def devices(self) -> frozenset[str]:
        return frozenset(candidates(self._blocks, system_disk.find()))

    def read(
        self, labels: Sequence[str], names: Sequence[str], among: frozenset[str] | None = None
    ) -> Mapping[str, bytes] | None:
        wanted = {label.lower() for label in labels}
        found = {
            name: volume
            for name in self.devices()
            if (among is None or name in among)
            and (volume := self._volume(name)) is not None
            and volume.label.lower() in wanted
        }
        whole = without_parts(found, self._blocks)
        if len(whole) > 1:
            hint = "leave one of them"
            raise InputError(f"several disks are labelled {labels[0]}: {whole}", hint=hint)
        if not whole:
            return None
        return read(self._dev / whole[0], found[whole[0]].kind, names)

    def _volume(self, name: str) -> Volume | None:
        """Give what a device holds; None where it cannot be read, as a drive without a medium."""
        try:
            with (self._dev / name).open("rb") as file:
                return volume_label.find(file.read(volume_label.HEAD))
        except OSError as err:
            log.debug("not looked at", extra=fields(device=name, why=err))
            return None


def candidates(blocks: Path, system: str) -> Iterator[str]:
    """Yield the names of disks and partitions that are not of the system disk."""
    for device in blocks.iterdir():
        if not device.name.startswith(_VIRTUAL) and system not in (
            device.name,
            device.resolve().parent.name,
        ):
            yield device.name


def without_parts(found: Mapping[str, Volume], blocks: Path) -> Sequence[str]:
    """Leave out partitions of what is there as a whole: of a hybrid image both have the label."""
    return sorted(name for name in found if (blocks / name).resolve().parent.name not in found)


def read(device: Path, kind: str, names: Sequence[str]) -> Mapping[str, bytes]:
    """Raises OSError, InputError."""
    root = libc.mount_detached(device, kind, {"ro": ""}, _FLAGS)
    try:
        found = ((name, read_file(root, name)) for name in names)
        return {name: data for name, data in found if data is not None}
    finally:
        os.close(root)


def read_file(root: int, name: str) -> bytes | None:
    """Give a file's content. No link is followed: not out of the disk, and on it there is none."""
    try:
        fd = os.open(name, _READ, dir_fd=root)
    except FileNotFoundError:
        return None
    except OSError as err:
        if err.errno == errno.ENOTDIR:
            return None
        raise
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputError("is no regular file", path=name)
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise InputError(f"is larger than {MOST} bytes", path=name)
    return data
