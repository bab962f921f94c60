"""GUID partition tables: both headers, both arrays of entries, checksums (UEFI 2.10, chapter 5).

    sector 0          protective MBR
    sector 1          header: CRC of itself and of the entries, where its twin is, usable sectors
    sectors 2..33     128 entries of 128 bytes (512-byte sectors)
    ...
    last 33 sectors   the entries again, then the header's twin

A table may be older than its disk has grown: `sectors` is what the table says, `resized` moves on.
"""

import hashlib
import struct
import uuid
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from ichor.errors import FormatError

SECTOR: Final = 512
ENTRIES: Final = 128
_ENTRY_SIZE: Final = 128
_ARRAY: Final = ENTRIES * _ENTRY_SIZE
_SIGNATURE: Final = b"EFI PART"
_REVISION: Final = 0x00010000
# signature, revision, size, crc, -, own lba, twin's lba, first, last usable, disk, entries lba,
# entries, entry size, crc of the entries
_HEADER: Final = struct.Struct("<8sIII4xQQQQ16sQIII")
_ENTRY: Final = struct.Struct("<16s16sQQQ72s")
_LABEL_UNITS: Final = 36

ESP: Final = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX_DATA: Final = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
ROOT_X86_64: Final = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")


class Partition(NamedTuple):
    """number: from 1, as in /dev/vda1. first, last: sectors, both inside."""

    number: int
    type: uuid.UUID
    id: uuid.UUID
    first: int
    last: int
    label: str = ""
    attributes: int = 0

    @property
    def sectors(self) -> int:
        return self.last - self.first + 1


class Table(NamedTuple):
    """partitions: by number, ascending. sectors: of the disk that this table is for."""

    disk: uuid.UUID
    sectors: int
    partitions: tuple[Partition, ...] = ()
    sector: int = SECTOR

    @property
    def array_sectors(self) -> int:
        return -(-_ARRAY // self.sector)

    @property
    def first_usable(self) -> int:
        return 2 + self.array_sectors

    @property
    def last_usable(self) -> int:
        return self.sectors - 2 - self.array_sectors


class Ends(NamedTuple):
    """What is written to a disk: head at its start, tail at its end."""

    head: bytes
    tail: bytes


def build(table: Table) -> Ends:
    """Give both ends of a disk. Raises FormatError where partitions overlap or lie outside."""
    check(table)
    entries = _entries(table)
    padded = entries.ljust(table.array_sectors * table.sector, b"\0")
    end = table.sectors - 1
    head = _header(table, entries, 1, end, 2)
    tail = _header(table, entries, end, 1, end - table.array_sectors)
    return Ends(_protective(table) + head + padded, padded + tail)


def check(table: Table) -> None:
    at = table.first_usable
    for part in sorted(table.partitions, key=lambda part: part.first):
        if not at <= part.first <= part.last <= table.last_usable:
            raise FormatError(
                f"partition {part.number} within sectors {at}..{table.last_usable} and clear of"
                f" others, not at {part.first}..{part.last}"
            )
        at = part.last + 1
    numbers = [part.number for part in table.partitions]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(range(1, ENTRIES + 1)):
        raise FormatError(f"different numbers from 1 to {ENTRIES}, not {numbers}")


def parse(head: bytes, sector: int = SECTOR) -> Table:
    """Read the table from the first sectors of a disk. Raises FormatError."""
    return _parse(head, sector, sector, 2 * sector, 1)


def parse_tail(tail: bytes, sectors: int, sector: int = SECTOR) -> Table:
    """Read the twin from the last sectors of a disk of that many. Raises FormatError."""
    at = len(tail) - sector
    start = at - -(-_ARRAY // sector) * sector
    if start < 0:
        raise FormatError(f"the last {-start + at} bytes of a disk")
    return _parse(tail, sector, at, start, sectors - 1)


def resized(table: Table, sectors: int) -> Table:
    """Give the table for a disk of another size; `check` says whether it still fits."""
    return table._replace(sectors=sectors)


def free(table: Table, align: int) -> Iterator[tuple[int, int]]:
    """Yield the gaps (first, last), first aligned to that many sectors, in their order."""
    at = table.first_usable
    ends = [(part.first, part.last) for part in table.partitions]
    for first, last in sorted([*ends, (table.last_usable + 1, table.last_usable + 1)]):
        begin = -(-at // align) * align
        if begin < first:
            yield begin, first - 1
        at = last + 1


def derived_id(seed: bytes, number: int) -> uuid.UUID:
    """Give an id of version 8, which is what its maker makes it (RFC 9562, 5.8)."""
    digest = bytearray(hashlib.sha256(seed + struct.pack(">I", number)).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(digest))


def _entries(table: Table) -> bytes:
    array = bytearray(_ARRAY)
    for part in table.partitions:
        label = part.label.encode("utf-16-le")
        if len(label) > 2 * _LABEL_UNITS:
            raise FormatError(f"a label of at most {_LABEL_UNITS} units, not {part.label!r}")
        ids = part.type.bytes_le, part.id.bytes_le
        at = (part.number - 1) * _ENTRY_SIZE
        _ENTRY.pack_into(array, at, *ids, part.first, part.last, part.attributes, label)
    return bytes(array)


def _header(table: Table, entries: bytes, own: int, twin: int, array: int) -> bytes:
    def pack(crc: int) -> bytes:
        where = own, twin, table.first_usable, table.last_usable, table.disk.bytes_le, array
        fixed = _SIGNATURE, _REVISION, _HEADER.size, crc
        return _HEADER.pack(*fixed, *where, ENTRIES, _ENTRY_SIZE, zlib.crc32(entries))

    return pack(zlib.crc32(pack(0))).ljust(table.sector, b"\0")


def _protective(table: Table) -> bytes:
    """Give the MBR that claims the whole disk: type 0xee from sector 1."""
    size = min(table.sectors - 1, 0xFFFFFFFF)
    entry = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF, 1, size)
    return (bytes(446) + entry.ljust(64, b"\0") + b"\x55\xaa").ljust(table.sector, b"\0")


def _parse(data: bytes, sector: int, at: int, array: int, own: int) -> Table:
    if len(data) < max(at + _HEADER.size, array + _ARRAY):
        raise FormatError(f"a header at {at} and {_ARRAY} bytes of entries at {array}", offset=at)
    fields = _HEADER.unpack_from(data, at)
    signature, _, size, crc, told, twin, _, _, disk, _, count, entry_size, array_crc = fields
    if signature != _SIGNATURE:
        raise FormatError("the signature EFI PART", offset=at)
    if not _HEADER.size <= size <= sector:
        raise FormatError(f"a header of {_HEADER.size} to {sector} bytes", offset=at + 12)
    raw = data[at : at + 16] + bytes(4) + data[at + 20 : at + size]
    if zlib.crc32(raw) != crc or told != own:
        raise FormatError(f"a whole header of sector {own}", offset=at)
    if entry_size != _ENTRY_SIZE or count > ENTRIES:
        raise FormatError(f"at most {ENTRIES} entries of {_ENTRY_SIZE} bytes", offset=at + 80)
    entries = data[array : array + count * entry_size]
    if zlib.crc32(entries) != array_crc:
        raise FormatError("whole entries", offset=array)
    sectors = (twin if own == 1 else own) + 1
    partitions = tuple(_partitions(entries, array))
    return Table(uuid.UUID(bytes_le=disk), sectors, partitions, sector)


def _partitions(entries: bytes, offset: int) -> Iterator[Partition]:
    for number, fields in enumerate(_ENTRY.iter_unpack(entries), 1):
        type_, id, first, last, attributes, label = fields
        if type_ == bytes(16):
            continue
        if first > last:
            at = offset + (number - 1) * _ENTRY_SIZE
            raise FormatError("a partition that ends after its start", offset=at)
        text = label.decode("utf-16-le", errors="replace").split("\0")[0]
        ids = uuid.UUID(bytes_le=type_), uuid.UUID(bytes_le=id)
        yield Partition(number, *ids, first, last, text, attributes)
