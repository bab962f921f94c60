"""Volumes of the system disk are made: a partition, what encrypts it, mkfs.xfs."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ichor.errors import FormatError, TransientError
from ichor.linux import system_disk, volume_settings
from ichor.linux.meta import DiskMeta
from ichor.linux.process import Reaper
from ichor.linux.tool import run
from ichor.linux.volume_settings import Kept
from ichor.ports.system_disk import (
    Action,
    AddPartition,
    KeepSettings,
    MakeFileSystem,
    SystemDisk,
    TryKeys,
    VolumeSettings,
    opened,
)
from ichor.resources.block.volume_config import Encryption

MKFS: Final = "/usr/bin/mkfs.xfs"
# A file system below 300 MB, which is what the label STATE is for, is `unsupported` by xfsprogs.
_SMALL: Final = 300 << 20


class KernelSystemDisk:
    """find: gives the name of the disk; on a boot medium it is the one that was installed to."""

    def __init__(
        self, reaper: Reaper, meta: DiskMeta, find: Callable[[], str] = system_disk.find
    ) -> None:
        self._reaper = reaper
        self._meta = meta
        self._find = find

    def observe(self) -> SystemDisk | None:
        disk = system_disk.observe(self._find())
        return disk and replace(disk, kept=volume_settings.known(disk, self._meta))

    async def apply(self, action: Action) -> None:
        disk = system_disk.observe(self._find())
        if disk is None:
            raise TransientError("the system disk is gone")
        match action:
            case AddPartition(partition):
                system_disk.add(disk, partition)
            case KeepSettings(label, settings):
                keep = volume_settings.keep
                await asyncio.to_thread(keep, disk, label, settings, self._meta)
            case TryKeys(label, encryption):
                await asyncio.to_thread(_try, disk, label, encryption or Encryption())
            case MakeFileSystem(label, encryption):
                if encryption is None:
                    await self._make(disk, label, disk.device(label))
                else:
                    await self._make_encrypted(disk, label, encryption)

    async def _make_encrypted(self, disk: SystemDisk, label: str, encryption: Encryption) -> None:
        from ichor.linux import encrypted  # with libcryptsetup, where it is asked for

        device = Path(disk.device(label))
        given = encrypted.sources(volume_settings.salt_for(disk, label, encryption))
        await asyncio.to_thread(encrypted.begin, device, label, encryption, given)
        await self._make(disk, label, opened(label))
        await asyncio.to_thread(encrypted.finish, device, label)

    async def _make(self, disk: SystemDisk, label: str, device: str) -> None:
        small = ("--unsupported",) if disk.part(label).sectors * disk.table.sector < _SMALL else ()
        done = await run(self._reaper, (MKFS, "-q", "-f", "-L", label, *small, device))
        if not done.is_success:
            raise TransientError(f"mkfs.xfs of {label}: {done.errors or done.exit}")


def _try(disk: SystemDisk, label: str, encryption: Encryption) -> None:
    from ichor.linux import encrypted  # with libcryptsetup, where it is asked for

    try:
        salt = volume_settings.salt_for(disk, label, encryption)
    except FormatError:  # STATE has none: what was locked to another one does not open
        salt = b""
    known = Kept(settings=VolumeSettings(encryption=encryption), salt=salt)
    encrypted.try_keys(Path(disk.device(label)), label, known)
