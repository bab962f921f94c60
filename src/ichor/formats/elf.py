"""What a program or library asks of the dynamic linker, and how it is protected (ELF64).

file header (64 bytes) -> program headers -> PT_INTERP: the loader; PT_DYNAMIC: pairs (tag, value),
of which NEEDED, RPATH and RUNPATH are offsets into the string table at STRTAB, an address that a
PT_LOAD segment maps to an offset of the file. Little-endian only (System V gABI, chapter 5).
PT_GNU_PROPERTY -> note 5 of "GNU" -> X86_FEATURE_1_AND (x86-64 psABI, "Program Property").
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError

MAGIC = b"\x7fELF"
_HEADER, _PROGRAM_HEADER = 64, 56
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_STACK, _RELRO, _PROPERTY = 0x6474E551, 0x6474E552, 0x6474E553
_EXECUTE, _WRITE = 1, 2
_NEEDED, _STRTAB, _RPATH, _RUNPATH, _FLAGS, _FLAGS_1 = 1, 5, 15, 29, 30, 0x6FFFFFFB
_BIND_NOW, _NOW, _PIE = 8, 1, 0x08000000
_X86_FEATURE_1_AND, _IBT, _SHSTK = 0xC0000002, 1, 2


class Linking(NamedTuple):
    """interpreter: empty for libraries and static programs; needed: sonames in their order."""

    interpreter: str
    needed: tuple[str, ...]
    search: tuple[str, ...]


class Protections(NamedTuple):
    """is_guarded: functions check a canary. ibt, shstk: of CET, forward and backward edges."""

    is_pie: bool
    has_full_relro: bool
    has_plain_stack: bool
    is_write_xor_execute: bool
    is_guarded: bool
    ibt: bool
    shstk: bool


class _Segment(NamedTuple):
    kind: int
    flags: int
    offset: int
    address: int
    size: int


def is_elf(data: bytes) -> bool:
    return data[:4] == MAGIC


def linking(data: bytes) -> Linking:
    """Read the linker's inputs. Raises FormatError if it is no little-endian ELF64 file."""
    segments = _segments(data)
    interpreter = next((_text(data, s.offset) for s in segments if s.kind == _INTERP), "")
    pairs = [pair for s in segments if s.kind == _DYNAMIC for pair in _pairs(data, s)]
    table = next((value for tag, value in pairs if tag == _STRTAB), 0)
    strings = _file_offset(segments, table) if pairs else 0
    needed = tuple(_text(data, strings + value) for tag, value in pairs if tag == _NEEDED)
    paths = [_text(data, strings + value) for tag, value in pairs if tag in (_RPATH, _RUNPATH)]
    return Linking(interpreter, needed, tuple(part for path in paths for part in path.split(":")))


def protections(data: bytes) -> Protections:
    """Read how a program or library is protected. Raises FormatError as `linking` does."""
    segments = _segments(data)
    dynamic = [pair for s in segments if s.kind == _DYNAMIC for pair in _pairs(data, s)]
    flags, flags_1 = (sum(v for tag, v in dynamic if tag == which) for which in (_FLAGS, _FLAGS_1))
    loads = [s.flags for s in segments if s.kind == _LOAD]
    features = next((_features(data, s) for s in segments if s.kind == _PROPERTY), 0)
    both = _WRITE | _EXECUTE
    return Protections(
        is_pie=bool(flags_1 & _PIE),
        has_full_relro=any(s.kind == _RELRO for s in segments)
        and bool(flags & _BIND_NOW or flags_1 & _NOW),
        has_plain_stack=[s.flags & _EXECUTE for s in segments if s.kind == _STACK] == [0],
        is_write_xor_execute=all(each & both != both for each in loads),
        is_guarded=b"\0__stack_chk_fail\0" in data,
        ibt=bool(features & _IBT),
        shstk=bool(features & _SHSTK),
    )


def _features(data: bytes, segment: _Segment) -> int:
    """Give the bits of X86_FEATURE_1_AND. Header of a note: sizes of name and body, type; name."""
    body = data[segment.offset : segment.offset + segment.size]
    if len(body) < 16 or struct.unpack_from("<III4s", body) != (4, len(body) - 16, 5, b"GNU\0"):
        return 0
    at = 16
    while at + 12 <= len(body):
        kind, size, value = struct.unpack_from("<III", body, at)
        if kind == _X86_FEATURE_1_AND:
            return int(value)
        at += 8 + (size + 7 & ~7)
    return 0


def _segments(data: bytes) -> list[_Segment]:
    if not is_elf(data) or data[4:6] != b"\x02\x01" or len(data) < _HEADER:
        raise FormatError("a little-endian ELF64 file")
    start, size, count = struct.unpack_from("<Q14xHH", data, 32)
    if size < _PROGRAM_HEADER:
        raise FormatError(f"program headers of {_PROGRAM_HEADER} bytes, not {size}", offset=54)
    found = []
    for index in range(count):
        if start + (index + 1) * size > len(data):
            raise FormatError("a program header", offset=start + index * size)
        found.append(_Segment(*struct.unpack_from("<IIQQ8xQ", data, start + index * size)))
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
