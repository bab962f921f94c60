"""FAT32 that we write, read by others: fsck.fat and mtools of the lock (tests/vm), and here."""

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import vfat

MIB = 1 << 20
SIZE = 40 * MIB


def made(files: Mapping[str, bytes], size: int = SIZE) -> bytes:
    out = bytearray(b"\xee" * size)  # what was there before
    for piece in vfat.build(files, size, "EFI"):
        out[piece.offset : piece.offset + len(piece.data)] = piece.data
    return bytes(out)


class Reader:
    """Another reading of the specification: it walks the chains, and knows long names."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reserved, self.fats = struct.unpack_from("<HB", data, 14)
        (self.fat_sectors,) = struct.unpack_from("<I", data, 36)
        (self.root,) = struct.unpack_from("<I", data, 44)
        self.start = (self.reserved + self.fats * self.fat_sectors) * 512

    def chain(self, at: int) -> bytes:
        found = b""
        while at < 0x0FFFFFF8:
            found += self.data[self.start + (at - 2) * 512 :][:512]
            (at,) = struct.unpack_from("<I", self.data, self.reserved * 512 + at * 4)
            at &= 0x0FFFFFFF
        return found

    def files(self, at: int = 0, above: str = "") -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        long = ""
        rows = self.chain(at or self.root)
        for row in (rows[where : where + 32] for where in range(0, len(rows), 32)):
            if row[0] == 0:
                break
            if row[11] == 0x0F:
                units = row[1:11] + row[14:26] + row[28:32]
                long = units.decode("utf-16-le").split("\0")[0].rstrip("\uffff") + long
                continue
            stem, suffix = row[:8].decode().rstrip(), row[8:11].decode().rstrip()
            name = long or (f"{stem}.{suffix}" if suffix else stem)
            long = ""
            first = (
                struct.unpack_from("<H", row, 20)[0] << 16 | struct.unpack_from("<H", row, 26)[0]
            )
            if row[11] & 0x08 or stem in {".", ".."}:
                continue
            if row[11] & 0x10:
                found |= self.files(first, f"{above}{name}/")
            else:
                (size,) = struct.unpack_from("<I", row, 28)
                found[above + name] = self.chain(first)[:size] if size else b""
        return found


FILES = {
    "EFI/BOOT/BOOTX64.EFI": b"loader" * 1000,
    "EFI/Linux/ichor-1+2.efi": b"image" * 20000,
    "EFI/Linux/ichor-12345678+2-1.efi": b"other",
    "loader/loader.conf": b"timeout 0\n",
    "loader/keys/auto/PK.auth": b"k" * 512,
    "thirteen.name": b"",
}


def test_a_reader_finds_what_was_written() -> None:
    assert Reader(made(FILES)).files() == FILES


def test_two_are_equal_whatever_was_there_before() -> None:
    assert list(vfat.build(FILES, SIZE, "EFI")) == list(
        vfat.build(dict(reversed(FILES.items())), SIZE, "EFI")
    )


NAMES = st.from_regex(r"[A-Za-z0-9_+-]{1,30}(\.[a-z0-9]{1,5})?", fullmatch=True)


@settings(max_examples=15)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["", "a/", "EFI/b/"]), NAMES),
        st.binary(max_size=1500),
        max_size=12,
    )
)
def test_whatever_the_names_they_are_found(drawn: dict[tuple[str, str], bytes]) -> None:
    lower: dict[str, str] = {}
    files = {}
    for (folder, name), body in drawn.items():
        path = folder + name
        if lower.setdefault(path.lower(), path) == path and path.lower() not in {"a", "efi"}:
            files[path] = body
    assert Reader(made(files)).files() == files


def test_both_boot_sectors_and_both_tables_are_alike() -> None:
    data = made(FILES)
    assert data[:1024] == data[6 * 512 : 8 * 512]
    one = Reader(data)
    first = one.reserved * 512
    size = one.fat_sectors * 512
    assert data[first : first + size] == data[first + size : first + 2 * size]
    assert data[510:512] == data[1022:1024] == b"\x55\xaa"


@pytest.mark.parametrize(
    ("files", "size", "said"),
    [
        ({"a": b""}, 16 * MIB, "65525 sectors or more"),
        ({"a": bytes(SIZE)}, SIZE, "files of at most"),
        ({"a:b": b""}, SIZE, "a name of FAT"),
        ({"a ": b""}, SIZE, "a name of FAT"),
        ({"ü": b""}, SIZE, "a name of FAT"),
        ({"a": b"", "a/b": b""}, SIZE, "directories above a file"),
    ],
)
def test_what_it_cannot_hold_is_refused(files: dict[str, bytes], size: int, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        made(files, size)
