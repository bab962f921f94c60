"""FAT32 file systems, made whole and never changed: what an ESP is (Microsoft's FAT specification).

    boot sector, FSInfo | their copies | FAT | FAT again | clusters: directories, then files

A cluster is one sector of 512 bytes. Times are that of 1980-01-01, the first that FAT knows: the
same files give the same bytes. A name that is no short one in capitals has entries of VFAT, too.
"""

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ichor.errors import FormatError

SECTOR: Final = 512
_RESERVED: Final = 32
_COPY: Final = 6  # sector of the boot sector's copy
_FATS: Final = 2
_PER_SECTOR: Final = SECTOR // 4
_LEAST: Final = 65525  # clusters: with fewer it would be read as FAT16
_END: Final = 0x0FFFFFFF
_ROOT: Final = 2  # the first cluster there is
_ENTRY: Final = struct.Struct("<11sBBBHHHHHHHI")
_DATE: Final = 1 << 5 | 1
_DIRECTORY, _LABEL, _LONG = 0x10, 0x08, 0x0F
_UNITS: Final = 13  # of UTF-16 in an entry of a long name
_SHORT: Final = re.compile(r"[A-Z0-9_~-]{1,8}(\.[A-Z0-9_~-]{1,3})?")
_LONG_NAME: Final = re.compile(r'[^\x00-\x1f"*/:<>?\\|]{1,255}')
_BOOT: Final = struct.Struct("<3s8sHBHBHHBHHHIIIHHIHH12sBBBI11s8s")


class Piece(NamedTuple):
    """Bytes and where they go; what no piece covers may be anything."""

    offset: int
    data: bytes


@dataclass(slots=True)
class _Node:
    """A file or, with children, a directory. content: what its clusters hold."""

    children: "dict[str, _Node] | None" = None
    content: bytes = b""
    first: int = 0


@dataclass(slots=True)
class _Directory:
    """Entries of one directory as they are made. shorts: names that are taken."""

    rows: list[bytes] = field(default_factory=list)
    shorts: set[bytes] = field(default_factory=set)


def build(files: Mapping[str, bytes], size: int, label: str) -> Iterator[Piece]:
    """Yield a file system of so many bytes with these files. Raises FormatError.

    files: by path, as EFI/BOOT/BOOTX64.EFI; their directories are made.
    """
    sectors = size // SECTOR
    fat_sectors = -(-(sectors - _RESERVED + 2) // (_PER_SECTOR + _FATS))
    clusters = sectors - _RESERVED - _FATS * fat_sectors
    if clusters < _LEAST:
        raise FormatError(f"{_LEAST} sectors or more for files, not {clusters}")
    nodes = list(_walk(root := _tree(files)))
    fat = _allocate(nodes, clusters)
    _fill(root, 0, _entry(label.upper().encode().ljust(11), _LABEL, 0, 0))
    boot = _boot(sectors, fat_sectors, _serial(files), label)
    info = _info(clusters + _ROOT - len(fat), len(fat))
    for at in (0, _COPY):
        yield Piece(at * SECTOR, boot + info)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * SECTOR, b"\0")
    for number in range(_FATS):
        yield Piece((_RESERVED + number * fat_sectors) * SECTOR, table)
    start = _RESERVED + _FATS * fat_sectors
    for node in nodes:
        if node.content:
            data = node.content + bytes(-len(node.content) % SECTOR)
            yield Piece((start + node.first - _ROOT) * SECTOR, data)


def _serial(files: Mapping[str, bytes]) -> int:
    """Give the volume's number, by which systems tell one from another: of its content."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return int.from_bytes(digest.digest()[:4], "little")


def _tree(files: Mapping[str, bytes]) -> _Node:
    root = _Node({})
    for path in sorted(files):
        *folders, name = path.split("/")
        at = root
        for folder in folders:
            at = _children(at).setdefault(folder, _Node({}))
        if _children(at).setdefault(name, _Node(content=files[path])).children is not None:
            raise FormatError(f"a file or a directory {path}, not both")
    return root


def _children(node: _Node) -> dict[str, _Node]:
    if node.children is None:
        raise FormatError("directories above a file")
    return node.children


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for child in (node.children or {}).values():
        yield from _walk(child)


def _allocate(nodes: Sequence[_Node], clusters: int) -> list[int]:
    """Give each its clusters, in a row, and the table of what follows on what."""
    fat = [0x0FFFFFF8, _END]  # media descriptor; clean
    for node in nodes:
        count = -(-_room(node) // SECTOR)
        if count:
            node.first = len(fat)
            fat += [*range(len(fat) + 1, len(fat) + count), _END]
    if len(fat) - _ROOT > clusters:
        needed, there = (len(fat) - _ROOT) * SECTOR, clusters * SECTOR
        raise FormatError(f"files of at most {there} bytes, not {needed}")
    return fat


def _room(node: _Node) -> int:
    if node.children is None:
        return len(node.content)
    # a label or `.` and `..`, and what each name takes at most
    long = sum(1 + -(-len(name) // _UNITS) for name in node.children)
    return (2 + long) * _ENTRY.size


def _fill(node: _Node, parent: int, head: bytes) -> None:
    """Make the entries of a directory and of those below. parent: its cluster, 0 for the root's."""
    made = _Directory([head])
    own = 0 if node.first == _ROOT else node.first
    for name, child in _children(node).items():
        kind = 0 if child.children is None else _DIRECTORY
        _add(made, name, kind, child)
        if child.children is not None:
            dots = _entry(b".".ljust(11), _DIRECTORY, child.first, 0)
            _fill(child, own, dots + _entry(b"..".ljust(11), _DIRECTORY, own, 0))
    data = b"".join(made.rows)
    node.content = data.ljust(-(-_room(node) // SECTOR) * SECTOR, b"\0")


def _add(made: _Directory, name: str, kind: int, child: _Node) -> None:
    if not _LONG_NAME.fullmatch(name) or name != name.strip(" .") or not name.isascii():
        raise FormatError(f"a name of FAT, not {name!r}")
    short = _short(name, made.shorts)
    made.shorts.add(short)
    if not _SHORT.fullmatch(name):
        made.rows += _long(name, short)
    made.rows.append(_entry(short, kind, child.first, len(child.content)))


def _short(name: str, taken: set[bytes]) -> bytes:
    """Give the name in its 11 bytes; of a long one its beginning, and a number."""
    stem, _, suffix = name.rpartition(".") if "." in name else (name, "", "")
    if _SHORT.fullmatch(name):
        return stem.encode().ljust(8) + suffix.encode().ljust(3)
    base, end = (re.sub(r"[^A-Z0-9_-]", "", part.upper()) for part in (stem, suffix))
    for number in range(1, 100):
        mark = f"~{number}"
        made = (base[: 8 - len(mark)] + mark).encode().ljust(8) + end[:3].encode().ljust(3)
        if made not in taken:
            return made
    raise FormatError("fewer than 100 names with the same beginning")


def _long(name: str, short: bytes) -> Iterator[bytes]:
    """Yield the entries of a long name, its end first."""
    step = 2 * _UNITS
    units = name.encode("utf-16-le")
    units += b"\0\0" if len(units) % step else b""  # a name that fills its entries has no end
    parts = [units[at : at + step].ljust(step, b"\xff") for at in range(0, len(units), step)]
    total = _sum(short)
    for number in range(len(parts), 0, -1):
        part = parts[number - 1]
        order = number | (0x40 if number == len(parts) else 0)
        head = struct.pack("<B10sBBB", order, part[:10], _LONG, 0, total)
        yield head + part[10:22] + bytes(2) + part[22:26]


def _sum(short: bytes) -> int:
    total = 0
    for byte in short:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
    return total


def _entry(name: bytes, kind: int, first: int, size: int) -> bytes:
    high, low = first >> 16, first & 0xFFFF
    length = 0 if kind & _DIRECTORY else size
    return _ENTRY.pack(name, kind, 0, 0, 0, _DATE, _DATE, high, 0, _DATE, low, length)


def _boot(sectors: int, fat_sectors: int, serial: int, label: str) -> bytes:
    shape = (SECTOR, 1, _RESERVED, _FATS, 0, 0, 0xF8, 0, 32, 64, 0, sectors)
    table = (fat_sectors, 0, 0, _ROOT, 1, _COPY, bytes(12), 0x80, 0, 0x29, serial)
    names = (label.upper().encode().ljust(11), b"FAT32   ")
    head = _BOOT.pack(b"\xeb\x58\x90", b"ichor   ", *shape, *table, *names)
    return head.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def _info(free: int, following: int) -> bytes:
    """Give the sector of how much is free, and where to look first."""
    counts = struct.pack("<4sII", b"rrAa", free, following)
    return b"RRaA" + bytes(480) + counts + bytes(12) + b"\0\0\x55\xaa"
