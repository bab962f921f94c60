"""What a machine wrote to its disk, in its order, as dm-log-writes has it.

    superblock | entry, its data | entry, its data | ...      each begins at a sector of the log

(kernel, drivers/md/dm-log-writes.c: `struct log_write_super`, `struct log_write_entry`.)
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_SUPER: Final = struct.Struct("<QQQI")
_ENTRY: Final = struct.Struct("<QQQQ")
_MAGIC: Final = 0x6A736677736872
_FLUSH, _DISCARD = 1, 4


class Write(NamedTuple):
    """at: bytes from the start of the disk. is_flush: all before it are on the disk then."""

    at: int
    data: bytes
    is_flush: bool

    @property
    def end(self) -> int:
        return self.at + len(self.data)


def read(path: Path) -> Iterator[Write]:
    """Discarded blocks read as zeros here."""
    with path.open("rb") as file:
        magic, version, count, sector = _SUPER.unpack(file.read(_SUPER.size))
        assert (magic, version) == (_MAGIC, 1)
        position = sector
        for _number in range(count):
            file.seek(position)
            first, sectors, flags, _ = _ENTRY.unpack(file.read(_ENTRY.size))
            position += sector
            data = b""
            if flags & _DISCARD:
                data = bytes(sectors * sector)
            elif sectors:
                file.seek(position)
                data = file.read(sectors * sector)
                assert len(data) == sectors * sector
                position += len(data)
            yield Write(first * sector, data, bool(flags & _FLUSH))
