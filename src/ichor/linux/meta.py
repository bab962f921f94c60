"""META in its partition: two copies, one of which is whole at any moment.

The copy that is not read, or the second of two that are whole, is written first, and is on the disk
before the other is touched.
"""

import errno
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from ichor.errors import FormatError, NotFound
from ichor.formats import meta
from ichor.linux import system_disk
from ichor.linux.wakes import ThreadWakes
from ichor.log import fields, logger
from ichor.ports.meta import Drop
from ichor.resources.block.partition import META

log = logger(__name__)


def device() -> Path:
    """Give the partition of the disk we started from. Raises NotFound."""
    disk = system_disk.observe()
    if disk is None:
        raise NotFound("this machine did not start from a disk, which would have META")
    return Path(disk.device(META))


class DiskMeta:
    def __init__(self, find: Callable[[], Path] = device) -> None:
        self._find = find
        self._changed = ThreadWakes()
        self._lock = threading.Lock()

    def observe(self) -> Mapping[int, bytes]:
        with self._lock, self._find().open("rb") as file:
            return meta.parse(file.read(2 * meta.COPY))

    def apply(self, action: Drop) -> None:
        self.change(lambda values: meta.without(values, action.tag))

    def change(self, how: Callable[[Mapping[int, bytes]], Mapping[int, bytes]]) -> None:
        with self._lock, self._find().open("r+b", buffering=0) as file:
            present = os.pread(file.fileno(), 2 * meta.COPY, 0)
            made = meta.build(how(found(present)))
            order = (meta.COPY, 0) if meta.is_whole(present[: meta.COPY]) else (0, meta.COPY)
            for at in order:
                if os.pwrite(file.fileno(), made[at : at + meta.COPY], at) != meta.COPY:
                    raise OSError(errno.EIO, "a part of META was written")
                os.fsync(file.fileno())
        self._changed.ring()

    def wakes(self) -> AsyncIterator[None]:
        return self._changed.listen()


def found(present: bytes) -> Mapping[int, bytes]:
    try:
        return meta.parse(present)
    except FormatError as error:
        log.warning("META is not whole, and is begun anew", extra=fields(why=error))
        return {}
