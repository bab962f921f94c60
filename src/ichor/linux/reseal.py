"""Volumes of the system disk, whose keys the TPM is to keep for what the machine is now."""

import threading
from collections.abc import Generator, Iterator
from pathlib import Path

from ichor.errors import Conflict, IchorError
from ichor.linux import system_disk, volume_settings
from ichor.linux.meta import DiskMeta
from ichor.log import fields, logger
from ichor.ports.reseal import Resealed
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE

log = logger(__name__)


class DiskResealer:
    def __init__(self, meta: DiskMeta) -> None:
        self._meta = meta
        self._busy = threading.Lock()

    def reseal(self) -> Generator[Resealed, None, None]:
        """One at a time, whoever still listens. Raises Conflict."""
        if not self._busy.acquire(blocking=False):
            raise Conflict("keys are being sealed already")
        try:
            yield from self._reseal()
        finally:
            self._busy.release()

    def _reseal(self) -> Iterator[Resealed]:
        disk = system_disk.observe()
        if disk is None:
            raise Conflict("this machine did not start from a disk")
        for label in (STATE, EPHEMERAL):
            if label in disk.encrypted:
                yield from self._of(disk, label)

    def _of(self, disk: SystemDisk, label: str) -> Iterator[Resealed]:
        from ichor.linux import encrypted  # with libcryptsetup, where it is asked for

        try:
            known = volume_settings.kept(disk, label, self._meta)
            if known is None:
                raise Conflict("it is not known how it is opened")
            yield from encrypted.reseal(Path(disk.device(label)), label, known)
        except (IchorError, OSError) as error:
            log.warning("a volume's keys are not sealed", extra=fields(volume=label, why=error))
            yield Resealed(volume=label, error=str(error))
