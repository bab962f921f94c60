"""META in its partition: two copies, one written and on the disk before the other is touched."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from ichor.errors import NotFound
from ichor.formats import meta
from ichor.linux import system_disk
from ichor.linux.wakes import ThreadWakes
from ichor.resources.block.partition import META


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

    def observe(self) -> Mapping[int, bytes]:
        with self._find().open("rb") as file:
            return meta.parse(file.read(2 * meta.COPY))

    def apply(self, action: Mapping[int, bytes]) -> None:
        made = meta.build(action)
        with self._find().open("r+b", buffering=0) as file:
            for at in (0, meta.COPY):
                if os.pwrite(file.fileno(), made[at : at + meta.COPY], at) != meta.COPY:
                    raise OSError("a part of META was written")
                os.fsync(file.fileno())
        self._changed.ring()

    def wakes(self) -> AsyncIterator[None]:
        return self._changed.listen()
