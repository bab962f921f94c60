"""The disks of a machine by sysfs, and what of ours, or of others, is on them."""

import os
from pathlib import Path
from typing import Final

from ichor.errors import FormatError
from ichor.formats import gpt
from ichor.linux import system_disk
from ichor.log import fields, logger
from ichor.ports.installation import Holds, Target
from ichor.resources.block import layout
from ichor.resources.block.partition import MIB, STATE

log = logger(__name__)
_BLOCKS: Final = Path("/sys/block")
_DEVICES: Final = Path("/dev")
_SYSFS_SECTOR: Final = 512  # of `size`, whatever the disk's own
_ARRAY_SECTORS, _ENTRIES_OF_OURS = 32, 2  # of the table's array, all and those that are used
_CDROM: Final = "5"  # include/scsi/scsi_proto.h: TYPE_ROM
_TRANSPORTS: Final = ("nvme", "usb", "virtio", "mmc", "ata", "sas")  # by the path of the device


def targets(blocks: Path = _BLOCKS, devices: Path = _DEVICES) -> tuple[Target, ...]:
    """Give the disks there are, by name, none that the kernel makes up. Raises OSError."""
    found = sorted(folder for folder in blocks.iterdir() if _is_disk(folder))
    return tuple(_target(folder, devices / folder.name) for folder in found)


def _is_disk(folder: Path) -> bool:
    is_real = (folder / "device").exists() and _text(folder, "device/type") != _CDROM
    return is_real and _text(folder, "size") not in {"", "0"}


def _target(folder: Path, device: Path) -> Target:
    size = int(_text(folder, "size")) * _SYSFS_SECTOR
    sector = int(_text(folder, "queue/logical_block_size") or gpt.SECTOR)
    path = str(folder.resolve())
    return Target(
        name=folder.name,
        size=size,
        sector=sector,
        read_only=_text(folder, "ro") == "1",
        rotational=_text(folder, "queue/rotational") == "1",
        transport=next((one for one in _TRANSPORTS if f"/{one}" in path), ""),
        model=_text(folder, "device/model"),
        serial=_text(folder, "device/serial") or _text(folder, "serial"),
        wwid=_text(folder, "wwid") or _text(folder, "device/wwid"),
        modalias=_text(folder, "device/modalias"),
        holds=_holds(device, size, sector),
    )


def _holds(device: Path, size: int, sector: int) -> Holds:
    """Take what cannot be read for somebody's: one bad disk is no reason to see none."""
    try:
        return holds(device, size, sector)
    except OSError as error:
        log.warning("a disk cannot be read", extra=fields(disk=device.name, why=error))
        return Holds.FOREIGN


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # what this kind of device has not
        return ""


def holds(device: Path, size: int, sector: int = gpt.SECTOR) -> Holds:
    """Tell what is on a disk: tables and the marks of file systems are within a MiB of an end.

    Raises OSError.
    """
    ends = _ends(device, size)
    if not any(any(end) for end in ends):
        return Holds.NOTHING
    try:
        table = system_disk.read(device, size // sector, sector)
    except FormatError:
        return Holds.BEGUN if is_torn(*ends) else Holds.FOREIGN
    if not layout.is_ours(table):
        return Holds.FOREIGN
    has_state = any(part.label == STATE for part in table.partitions)
    return Holds.INSTALLED if has_state else Holds.BEGUN


def _ends(device: Path, size: int) -> tuple[bytes, bytes]:
    fd = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(fd, MIB, 0), os.pread(fd, MIB, max(0, size - MIB))
    finally:
        os.close(fd)


def is_torn(head: bytes, tail: bytes) -> bool:
    """Tell whether a disk without a table has a part of one of ours, and nothing else.

    It is written at the end first, where some sectors may be new and others not.
    """
    at = -(1 + _ARRAY_SECTORS) * gpt.SECTOR
    array, header = tail[at : -gpt.SECTOR], tail[-gpt.SECTOR :]
    return (
        not any(head)
        and not any(tail[:at])
        and not any(array[_ENTRIES_OF_OURS * gpt.SECTOR :])
        and array[:16] in {bytes(16), gpt.ESP.bytes_le}
        and header[:8] in {bytes(8), b"EFI PART"}
    )
