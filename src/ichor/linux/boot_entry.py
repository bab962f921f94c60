"""The entries on the ESP, which is mounted only while it is read or written, and nowhere to see."""

import errno
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ichor.errors import FormatError
from ichor.formats import boot_entry
from ichor.formats.boot_entry import BootEntry
from ichor.linux import efi, libc, system_disk
from ichor.linux.wakes import ThreadWakes
from ichor.log import fields, logger
from ichor.ports.boot_entry import Arm, Boot
from ichor.resources.block.partition import EFI

log = logger(__name__)
_BUSY: Final = threading.Lock()
_ATTRIBUTES: Final = libc.MOUNT_ATTR_NOSUID | libc.MOUNT_ATTR_NODEV | libc.MOUNT_ATTR_NOEXEC


class EspEntries:
    """What it saw stays true until it is told to forget: nobody else writes there."""

    def __init__(self, started: Callable[[], str] = efi.booted_entry) -> None:
        self._number = number_of(started())
        self._seen: Boot | None = None
        self._changed = ThreadWakes()

    def observe(self) -> Boot:
        seen = self._seen
        if seen is None:
            with opened(write=False) as root:
                seen = self._seen = read(root, self._number)
        return seen

    def apply(self, action: Arm) -> None:
        armed = action.entry.armed.name
        try:
            with opened(write=True) as root, directory(root) as folder:
                rename(folder, action.entry.name, armed)
        finally:
            self._seen = None
        log.info("boot entry armed", extra=fields(entry=armed))

    def forget(self) -> None:
        """Another wrote there; from any thread."""
        self._seen = None
        self._changed.ring()

    def wakes(self) -> AsyncIterator[None]:
        return self._changed.listen()


@contextmanager
def opened(*, write: bool, patience_s: float = 0.0) -> Iterator[int | None]:
    """Give a descriptor (O_PATH) of the root of the ESP we were started from; None without one.

    Raises OSError, EBUSY while another thread is at it: the loop has no patience, a thread has.
    """
    if not _BUSY.acquire(blocking=patience_s > 0, timeout=patience_s or -1):
        raise OSError(errno.EBUSY, "is written by another", "the ESP")
    try:
        disk = system_disk.observe()
        if disk is None or not disk.has(EFI):
            yield None
            return
        flags = _ATTRIBUTES if write else _ATTRIBUTES | libc.MOUNT_ATTR_RDONLY
        options = {"umask": "0077"} if write else {"umask": "0077", "ro": ""}
        root = libc.mount_detached(disk.device(EFI), "vfat", options, flags)
        try:
            yield root
        finally:
            os.close(root)
    finally:
        _BUSY.release()


@contextmanager
def directory(root: int | None) -> Iterator[int]:
    """Give a descriptor of the entries' directory. Raises OSError."""
    if root is None:
        raise FileNotFoundError(errno.ENOENT, "no ESP", boot_entry.DIRECTORY)
    folder = os.open(boot_entry.DIRECTORY, os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    try:
        yield folder
    finally:
        os.close(folder)


def rename(folder: int, old: str, new: str) -> None:
    """Rename a file so that, whatever is cut off, one name or the other leads to all of it.

    vfat gives a new name no content before the file itself is written back (fs/fat/namei_vfat.c):
    to flush the directory first would be to lose it. Then both names go by one sector.
    """
    os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    file = os.open(new, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    os.fsync(folder)


def number_of(started: str) -> int | None:
    """Give the number of the entry that the loader named; its tries may have changed since."""
    try:
        return boot_entry.parse(started).number
    except FormatError:
        return None


def read(root: int | None, number: int | None) -> Boot:
    """Give the entries of an ESP. number: of the one that runs."""
    if root is None:
        return Boot()
    with directory(root) as folder:
        entries = frozenset(_entries(names(folder)))
    running = next((one for one in entries if one.number == number), None)
    return Boot(entries=entries, running=running)


def names(folder: int) -> list[str]:
    return os.listdir(folder)


def _entries(found: list[str]) -> Iterator[BootEntry]:
    for name in found:
        with suppress(FormatError):  # another's file
            yield boot_entry.parse(name)
