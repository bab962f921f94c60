"""The system disk by sysfs, and its table.

It is found from what was booted: the disk of the partition below the verified root's device. The
kernel is told of each new partition by itself (BLKPG): a table in use is not read anew.
"""

import ctypes
import errno
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ichor.errors import FormatError
from ichor.formats import gpt, luks2, xfs
from ichor.formats.gpt import Partition, Table
from ichor.formats.xfs import Content
from ichor.log import fields, logger
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, MIB, STATE

ROOT: Final = "root"  # the name that the kernel's command line gives the verified device
log = logger(__name__)
_BLOCKS: Final = Path("/sys/block")
_CLASS: Final = Path("/sys/class/block")  # partitions, too
_SYSFS_SECTOR: Final = 512  # of `size`, whatever the disk's own
_HEAD: Final = 2 + gpt.ENTRIES  # sectors of MBR, header and entries, whatever their size


def find(blocks: Path = _BLOCKS) -> str:
    """Give the name of the disk with our root; empty where the root came from elsewhere."""
    for device in blocks.glob("dm-*"):
        if (device / "dm/name").read_text(encoding="ascii").strip() == ROOT:
            parts = [each.resolve().parent.name for each in (device / "slaves").iterdir()]
            return parts[0] if parts else ""
    return ""


def labelled(label: str, blocks: Path = _CLASS) -> str:
    """Give the device of the one partition of that label on a disk that nobody can write to.

    Empty if there is none, or more than one: a label is no proof of whose it is, and what a pod or
    a passer-by could have written is not given to the kernel to read. Raises OSError.
    """
    named = [device for device in sorted(blocks.iterdir()) if _is_named(device, label)]
    fixed = [device.name for device in named if _is_fixed(device)]
    if named and len(fixed) != 1:
        extra = fields(label=label, devices=[device.name for device in named], read_only=fixed)
        log.warning("left out: one read-only device of this label is expected", extra=extra)
    return f"/dev/{fixed[0]}" if len(fixed) == 1 else ""


def _is_named(device: Path, label: str) -> bool:
    return f"PARTNAME={label}" in (device / "uevent").read_text(encoding="utf-8").splitlines()


def _is_fixed(device: Path) -> bool:
    return (device / "ro").read_text(encoding="ascii").strip() == "1"


def observe(name: str | None = None) -> SystemDisk | None:
    """Give the disk of that name; by default the one that we started from."""
    name = find() if name is None else name
    if not name:
        return None
    folder = _BLOCKS / name
    sector = int((folder / "queue/logical_block_size").read_text(encoding="ascii"))
    size = int((folder / "size").read_text(encoding="ascii")) * _SYSFS_SECTOR
    disk = SystemDisk(name=name, table=read(Path("/dev", name), size // sector, sector))
    held = {label: _start(disk.device(label)) for label in (STATE, EPHEMERAL) if disk.has(label)}
    return seen(disk, held)


def seen(disk: SystemDisk, held: Mapping[str, bytes]) -> SystemDisk:
    """Give the disk with what its volumes are. held: the start of each."""
    contents = {label: content(start) for label, start in held.items()}
    whole = frozenset(label for label, what in contents.items() if what is Content.WHOLE)
    sealed = [label for label in whole if not _is_plain(held[label])]
    headers = {label: luks2.found(held[label]) for label in sealed}
    return replace(
        disk,
        whole=whole,
        foreign=frozenset(label for label, what in contents.items() if what is Content.FOREIGN),
        encrypted={label: header for label, header in headers.items() if header is not None},
    )


def content(start: bytes) -> Content:
    """Say what a volume is by its first bytes: a file system, or one that is encrypted.

    Within an XFS that is whole whatever looks like a header's twin is what somebody keeps there.
    """
    if _is_plain(start):
        return Content.WHOLE
    return luks2.content(start) or xfs.content(start[: gpt.SECTOR])


def _is_plain(start: bytes) -> bool:
    return xfs.content(start[: gpt.SECTOR]) is Content.WHOLE


def read(device: Path, sectors: int, sector: int = gpt.SECTOR) -> Table:
    """Read a disk's table, its twin at the end where the first is damaged. Raises FormatError."""
    with device.open("rb", buffering=0) as file:
        try:
            table = gpt.parse(os.pread(file.fileno(), _HEAD * sector, 0), sector)
        except FormatError:
            tail = os.pread(file.fileno(), _HEAD * sector, (sectors - _HEAD) * sector)
            table = gpt.parse_tail(tail, sectors, sector)
    return gpt.resized(table, sectors)


def _start(device: str) -> bytes:
    """Ask the partition's own device: what is written to it, the disk's cache does not see."""
    try:
        with Path(device).open("rb") as file:
            return file.read(luks2.BOTH)
    except FileNotFoundError:  # of which the kernel was not told yet
        return b""


def add(disk: SystemDisk, partition: Partition) -> None:
    """Add a partition to the table and tell the kernel. Raises FormatError, OSError."""
    device, sector = Path("/dev", disk.name), disk.table.sector
    blank(device, partition, sector)
    partitions = (*disk.table.partitions, partition)
    write(device, disk.table._replace(partitions=partitions))
    announce(device, partition, sector)


def remove(disk: SystemDisk, label: str) -> None:
    """Clear what begins a partition, then take it out of the table. Raises OSError, FormatError.

    Of one that is encrypted these are its headers, without which nobody derives a key, then what
    was in its slots; cut off between, it is one that was never made. No library does it: what that
    has open is closed when disks come to rest. The kernel is not told: it still has the file system
    mounted, and is about to end.
    """
    device, part = Path("/dev", disk.name), disk.part(label)
    start, size = part.first * disk.table.sector, part.sectors * disk.table.sector
    with device.open("r+b", buffering=0) as file:
        for begin, end in ((0, luks2.BOTH), (luks2.BOTH, min(luks2.DATA, size))):
            _put(file.fileno(), bytes(end - begin), start + begin)
            os.fsync(file.fileno())
    write(device, disk.without(label).table)


def grow(disk: SystemDisk, partition: Partition) -> SystemDisk:
    """Let a partition end later, in the table and for the kernel. Raises FormatError, OSError."""
    device, table = Path("/dev", disk.name), disk.without(partition.label).table
    table = table._replace(partitions=tuple(sorted((*table.partitions, partition))))
    write(device, table)
    announce(device, partition, table.sector, _RESIZE)
    return replace(disk, table=table)


def blank(device: Path, partition: Partition, sector: int) -> None:
    """Clear where it begins: an earlier owner's file system there would pass for a new one."""
    with device.open("r+b", buffering=0) as file:
        _put(file.fileno(), bytes(MIB), partition.first * sector)
        os.fsync(file.fileno())


def _put(fd: int, data: bytes, offset: int) -> None:
    if os.pwrite(fd, data, offset) != len(data):
        raise OSError(errno.EIO, "a part was written")


def write(device: Path, table: Table) -> None:
    """Write both ends, the one at the end first: cut off between, the old one at the start counts.

    Raises FormatError before anything is written.
    """
    ends = gpt.build(table)
    with device.open("r+b", buffering=0) as file:
        _put(file.fileno(), ends.tail, table.sectors * table.sector - len(ends.tail))
        os.fsync(file.fileno())
        _put(file.fileno(), ends.head, 0)
        os.fsync(file.fileno())


# include/uapi/linux/blkpg.h
_BLKPG, _ADD, _RESIZE = 0x1269, 1, 3


class _BlkpgPartition(ctypes.Structure):
    _fields_ = (
        ("start", ctypes.c_longlong),
        ("length", ctypes.c_longlong),
        ("pno", ctypes.c_int),
        ("devname", ctypes.c_char * 64),
        ("volname", ctypes.c_char * 64),
    )


class _BlkpgArgument(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("datalen", ctypes.c_int),
        ("data", ctypes.c_void_p),
    )


def announce(device: Path, partition: Partition, sector: int, what: int = _ADD) -> None:
    """Tell the kernel of one more partition. Raises OSError (EBUSY: it overlaps a known one).

    what: _ADD, or _RESIZE for one that it knows.
    """
    told = _BlkpgPartition(
        start=partition.first * sector, length=partition.sectors * sector, pno=partition.number
    )
    argument = _BlkpgArgument(op=what, datalen=ctypes.sizeof(told), data=ctypes.addressof(told))
    with device.open("rb") as file:
        fcntl.ioctl(file, _BLKPG, argument)
