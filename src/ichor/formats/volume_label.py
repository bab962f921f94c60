"""The label of a file system that brings a configuration: iso9660 or vfat.

    find(head) -> Volume("iso9660", "cidata")     head: from the beginning, HEAD bytes if there are

ECMA-119, 8.4 (primary volume descriptor); Microsoft FAT specification 1.03 (boot sector, and the
label in the root directory, which counts where both are there).
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

HEAD: Final = 1 << 20
_SECTOR: Final = 2048
_DESCRIPTORS: Final = 16  # the first one's sector
_MOST_DESCRIPTORS: Final = 16
_PRIMARY, _END = 1, 255
_NO_NAME: Final = "NO NAME"
_ENTRY: Final = 32
_LABEL, _LONG = 0x08, 0x0F  # attributes of a directory's entry
_FREE: Final = 0xE5


class Volume(NamedTuple):
    """kind: as mount(2) names it."""

    kind: str
    label: str


def find(head: bytes) -> Volume | None:
    """Give what begins so; None if it is neither, or has no label."""
    return _iso(head) or _fat(head)


def _iso(head: bytes) -> Volume | None:
    for sector in range(_DESCRIPTORS, _DESCRIPTORS + _MOST_DESCRIPTORS):
        one = head[sector * _SECTOR : (sector + 1) * _SECTOR]
        if one[1:6] != b"CD001" or one[0] == _END:
            return None
        if one[0] == _PRIMARY:
            label = one[40:72].decode("ascii", "replace").rstrip()
            return Volume("iso9660", label) if label else None
    return None


def _fat(head: bytes) -> Volume | None:
    if len(head) < 512 or head[510:512] != b"\x55\xaa":
        return None
    if head[82:87] == b"FAT32":
        label, places = head[71:82], _root32(head)
    elif head[54:58] == b"FAT1":
        label, places = head[43:54], _root16(head)
    else:
        return None
    found = next(_labels(head, places), "") or _text(label)
    return Volume("vfat", found) if found and found != _NO_NAME else None


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "replace").rstrip()


def _root16(head: bytes) -> range:
    """Give where the root directory's entries are: behind the tables."""
    size, _, reserved, tables, entries = struct.unpack_from("<HBHBH", head, 11)
    (per_table,) = struct.unpack_from("<H", head, 22)
    first = (reserved + tables * per_table) * size
    return range(first, first + entries * _ENTRY, _ENTRY)


def _root32(head: bytes) -> range:
    """Give where its first cluster's are; a label is among the first."""
    size, per_cluster, reserved, tables = struct.unpack_from("<HBHB", head, 11)
    per_table, cluster = struct.unpack_from("<I4xI", head, 36)
    first = (reserved + tables * per_table + (cluster - 2) * per_cluster) * size
    return range(first, first + per_cluster * size, _ENTRY) if cluster > 1 else range(0)


def _labels(head: bytes, places: range) -> Iterator[str]:
    for at in places:
        entry = head[at : at + _ENTRY]
        if len(entry) < _ENTRY or entry[0] == 0:
            return
        if entry[0] != _FREE and entry[11] & _LONG != _LONG and entry[11] & _LABEL:
            yield _text(entry[:11])
