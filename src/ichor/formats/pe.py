"""PE32+ executables as UEFI loads them: their sections, and more of these behind the last.

    MS-DOS stub | "PE" | file header | optional header | section headers ... | sections

A unified kernel image is a stub with sections appended: .linux, .cmdline, .osrel, .uname. There is
room for their headers between the last one and the first section; nothing else moves.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from ichor.errors import FormatError

_SECTION: Final = struct.Struct("<8sIIIIIIHHI")
_WIN_CERTIFICATE: Final = struct.Struct("<IHH")  # length, revision, kind (UEFI 2.10, 32.2.4)
_PKCS7: Final = 0x0002
_PE32_PLUS: Final = 0x20B
_READ_DATA: Final = 0x40000040  # CNT_INITIALIZED_DATA, MEM_READ
# offsets in the optional header
_SECTION_ALIGNMENT, _FILE_ALIGNMENT, _IMAGE_SIZE, _HEADERS_SIZE, _CHECKSUM = 32, 36, 56, 60, 64
_CERTIFICATES: Final = 112 + 4 * 8


class Section(NamedTuple):
    """size: in memory; raw: in the file, a multiple of the file's alignment, at offset."""

    name: str
    address: int
    size: int
    offset: int
    raw: int


class Layout(NamedTuple):
    """Where the headers are, in bytes from the start of the file."""

    optional: int
    headers: int
    sections: int
    headers_size: int
    section_alignment: int
    file_alignment: int


def layout(image: bytes) -> Layout:
    """Find the headers. Raises FormatError if it is no PE32+ file."""
    if image[:2] != b"MZ" or len(image) < 64:
        raise FormatError("MZ")
    at = struct.unpack_from("<I", image, 60)[0]
    if image[at : at + 4] != b"PE\0\0" or len(image) < at + 24:
        raise FormatError("PE", offset=at)
    count, size = struct.unpack_from("<2xH12xH", image, at + 4)
    optional = at + 24
    if len(image) < optional + size or size < _CERTIFICATES + 8:
        raise FormatError("a whole optional header", offset=optional)
    if struct.unpack_from("<H", image, optional)[0] != _PE32_PLUS:
        raise FormatError("an optional header of PE32+", offset=optional)
    alignments = struct.unpack_from("<II", image, optional + _SECTION_ALIGNMENT)
    headers_size = struct.unpack_from("<I", image, optional + _HEADERS_SIZE)[0]
    if 0 in alignments or len(image) < optional + size + count * _SECTION.size:
        raise FormatError("alignments and section headers", offset=optional + size)
    return Layout(optional, optional + size, count, headers_size, *alignments)


def sections(image: bytes) -> tuple[Section, ...]:
    """Read the section headers. Raises FormatError."""
    found = layout(image)
    rows = (
        _SECTION.unpack_from(image, found.headers + index * _SECTION.size)
        for index in range(found.sections)
    )
    return tuple(
        Section(name.rstrip(b"\0").decode("ascii", "replace"), address, size, offset, raw)
        for name, size, address, raw, offset, *_ in rows
    )


def content(image: bytes, name: str) -> bytes:
    """Give what a section holds. Raises FormatError if there is none of that name."""
    for one in sections(image):
        if one.name == name:
            return image[one.offset : one.offset + min(one.size, one.raw)]
    raise FormatError(f"a section {name}")


def append(image: bytes, added: Sequence[tuple[str, bytes]]) -> bytes:
    """Give the image with read-only sections behind its last. Raises FormatError without room."""
    where = layout(image)
    present = sections(image)
    end = where.headers + (where.sections + len(added)) * _SECTION.size
    if end > min((one.offset for one in present if one.raw), default=where.headers_size):
        raise FormatError(f"room for {len(added)} more section headers", offset=where.headers)
    if struct.unpack_from("<II", image, where.optional + _CERTIFICATES) != (0, 0):
        raise FormatError("an image without a signature", offset=where.optional + _CERTIFICATES)
    out = bytearray(image)
    address = max((one.address + one.size for one in present), default=where.headers_size)
    for index, (name, body) in enumerate(added, where.sections):
        address = _align(address, where.section_alignment)
        out += bytes(-len(out) % where.file_alignment)
        raw = _align(len(body), where.file_alignment)
        row = name.encode("ascii"), len(body), address, raw, len(out), 0, 0, 0, 0, _READ_DATA
        _SECTION.pack_into(out, where.headers + index * _SECTION.size, *row)
        out += body.ljust(raw, b"\0")
        address += len(body)
    struct.pack_into("<H", out, where.optional - 18, where.sections + len(added))
    size = _align(address, where.section_alignment)
    struct.pack_into("<I", out, where.optional + _IMAGE_SIZE, size)
    struct.pack_into("<I", out, where.optional + _CHECKSUM, 0)
    return bytes(out)


def digest(image: bytes) -> bytes:
    """Give the SHA-256 that a signature is over: all but checksum and certificates.

    Raises FormatError where the file has gaps, which signers and firmware might see differently.
    """
    where = layout(image)
    begin, size = struct.unpack_from("<II", image, where.optional + _CERTIFICATES)
    end = begin if size else len(image)
    at = where.headers_size
    for one in sorted((one for one in sections(image) if one.raw), key=lambda one: one.offset):
        if one.offset != at:
            raise FormatError(f"section {one.name} right behind the one before", offset=at)
        at += one.raw
    if not at <= end <= len(image) or (size and begin + size != len(image)):
        raise FormatError("certificates behind everything else", offset=at)
    checksum, place = where.optional + _CHECKSUM, where.optional + _CERTIFICATES
    hashed = hashlib.sha256(image[:checksum])
    hashed.update(image[checksum + 4 : place])
    hashed.update(image[place + 8 : end])
    return hashed.digest()


def certificates(headers: bytes) -> tuple[int, int]:
    """Give where the signatures begin, and their size; 0 where there are none. Raises FormatError.

    Each is a WIN_CERTIFICATE: u32 length, u16 revision, u16 type, and what it holds.
    """
    begin, size = struct.unpack_from("<II", headers, layout(headers).optional + _CERTIFICATES)
    return begin, size


def signatures(image: bytes) -> tuple[bytes, ...]:
    """Give the PKCS #7 structures at an image's end, padded as they are; kinds else are left out.

    Raises FormatError where the table of certificates is cut.
    """
    at, size = certificates(image)
    end = at + size
    if size and end > len(image):
        raise FormatError("certificates within the image", offset=at)
    found: list[bytes] = []
    while at < end:
        if end - at < _WIN_CERTIFICATE.size:
            raise FormatError("a whole WIN_CERTIFICATE", offset=at)
        length, _, kind = _WIN_CERTIFICATE.unpack_from(image, at)
        if not _WIN_CERTIFICATE.size <= length <= end - at:
            raise FormatError("a certificate that ends within the table", offset=at)
        if kind == _PKCS7:
            found.append(image[at + _WIN_CERTIFICATE.size : at + length])
        at += _align(length, 8)
    return tuple(found)


def with_certificates(image: bytes, table: bytes) -> bytes:
    """Give the image with these at its end. Raises FormatError if it has some."""
    place = layout(image).optional + _CERTIFICATES
    if struct.unpack_from("<II", image, place) != (0, 0):
        raise FormatError("an image without a signature", offset=place)
    out = bytearray(image) + table
    struct.pack_into("<II", out, place, len(image), len(table))
    return bytes(out)


def _align(value: int, to: int) -> int:
    return -(-value // to) * to
