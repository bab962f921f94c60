"""What a program or library asks of the dynamic linker, read from its ELF64 dynamic section.

file header (64 bytes) -> program headers -> PT_INTERP: the loader; PT_DYNAMIC: pairs (tag, value),
of which NEEDED, RPATH and RUNPATH are offsets into the string table at STRTAB, an address that a
PT_LOAD segment maps to an offset of the file. Little-endian only (System V gABI, chapter 5).
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError

MAGIC = b"\x7fELF"
_HEADER, _PROGRAM_HEADER = 64, 56
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _RPATH, _RUNPATH = 1, 5, 15, 29


class Linking(NamedTuple):
    """interpreter: empty for libraries and static programs; needed: sonames in their order."""

    interpreter: str
    needed: tuple[str, ...]
    search: tuple[str, ...]


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def is_elf(data: bytes) -> bool:
    return data[:4] == MAGIC


def linking(data: bytes) -> Linking:
    """Read the linker's inputs. Raises FormatError if it is no little-endian ELF64 file."""
    if not is_elf(data) or data[4:6] != b"\x02\x01" or len(data) < _HEADER:
        raise FormatError("a little-endian ELF64 file")
    segments = _segments(data)
    interpreter = next((_text(data, s.offset) for s in segments if s.kind == _INTERP), "")
    pairs = [pair for s in segments if s.kind == _DYNAMIC for pair in _pairs(data, s)]
    table = next((value for tag, value in pairs if tag == _STRTAB), 0)
    strings = _file_offset(segments, table) if pairs else 0
    needed = tuple(_text(data, strings + value) for tag, value in pairs if tag == _NEEDED)
    paths = [_text(data, strings + value) for tag, value in pairs if tag in (_RPATH, _RUNPATH)]
    return Linking(interpreter, needed, tuple(part for path in paths for part in path.split(":")))


def _segments(data: bytes) -> list[_Segment]:
    start, size, count = struct.unpack_from("<Q14xHH", data, 32)
    if size < _PROGRAM_HEADER:
        raise FormatError(f"program headers of {_PROGRAM_HEADER} bytes, not {size}", offset=54)
    found = []
    for index in range(count):
        if start + (index + 1) * size > len(data):
            raise FormatError("a program header", offset=start + index * size)
        kind, offset, address, length = struct.unpack_from("<I4xQQ8xQ", data, start + index * size)
        found.append(_Segment(kind, offset, address, length))
    return found


def _pairs(data: bytes, segment: _Segment) -> list[tuple[int, int]]:
    body = data[segment.offset : segment.offset + segment.size]
    return [(tag, value) for tag, value in struct.iter_unpack("<qQ", body[: len(body) & ~15])]


def _file_offset(segments: list[_Segment], address: int) -> int:
    for s in segments:
        if s.kind == _LOAD and s.address <= address < s.address + s.size:
            return s.offset + address - s.address
    raise FormatError(f"a segment that maps address {address:#x}")


def _text(data: bytes, offset: int) -> str:
    end = data.find(b"\0", offset)
    if end < 0:
        raise FormatError("a string that ends", offset=offset)
    return data[offset:end].decode("utf-8", "surrogateescape")
