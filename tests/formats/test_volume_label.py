"""Labels of file systems that bring a configuration."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.formats.volume_label import HEAD, Volume, find

SECTOR = 2048


def iso(label: str, *before: bytes) -> bytes:
    """Give descriptors from sector 16 on (ECMA-119, 8.4): those before, the primary, the end."""
    primary = b"\x01CD001\x01\0" + b" " * 32 + label.encode().ljust(32)
    each = [*before, primary, b"\xffCD001\x01"]
    return bytes(16 * SECTOR) + b"".join(one.ljust(SECTOR, b"\0") for one in each)


def fat(kind: bytes, label: str, root: bytes = b"", *, sectors: int = 8) -> bytes:
    """Give a boot sector (Microsoft FAT 1.03, section 3), its tables, and a root directory."""
    boot = bytearray(512)
    boot[510:512] = b"\x55\xaa"
    struct.pack_into("<HBHBH", boot, 11, 512, 1, 1, 2, 16 if kind != b"FAT32   " else 0)
    at = 71 if kind == b"FAT32   " else 43
    boot[at : at + 11] = label.encode().ljust(11)
    boot[at + 11 : at + 19] = kind
    if kind == b"FAT32   ":
        struct.pack_into("<I4xI", boot, 36, sectors, 2)
    else:
        struct.pack_into("<H", boot, 22, sectors)
    return bytes(boot) + bytes(2 * sectors * 512) + root.ljust(512, b"\0")


def entry(name: str, attributes: int, first: bytes = b"") -> bytes:
    return (first + name.encode()[len(first) :].ljust(11 - len(first)) + bytes([attributes])).ljust(
        32, b"\0"
    )


KINDS = [b"FAT12   ", b"FAT16   ", b"FAT32   "]


def test_an_iso() -> None:
    assert find(iso("metal-iso")) == Volume("iso9660", "metal-iso")


def test_a_boot_record_may_come_before_the_primary_descriptor() -> None:
    assert find(iso("cidata", b"\x00CD001\x01EL TORITO")) == Volume("iso9660", "cidata")


def test_an_iso_without_a_label_has_none() -> None:
    assert find(iso("")) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_fat(kind: bytes) -> None:
    assert find(fat(kind, "CIDATA")) == Volume("vfat", "CIDATA")
    assert find(fat(kind, "NO NAME")) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_root_directory_s_label_counts_more(kind: bytes) -> None:
    root = (
        entry("OLD", 0x08, b"\xe5") + entry("LONG", 0x0F) + entry("FILE", 0x20) + entry("NEW", 0x08)
    )
    assert find(fat(kind, "OLD", root)) == Volume("vfat", "NEW")


def test_what_follows_the_end_of_the_directory_does_not_count() -> None:
    assert find(fat(b"FAT16   ", "OLD", bytes(32) + entry("NEW", 8))) == Volume("vfat", "OLD")


@pytest.mark.parametrize("head", [b"", bytes(HEAD), b"XFSB".ljust(512), iso("x")[:-4096]])
def test_what_is_neither_has_none(head: bytes) -> None:
    assert find(head) is None


@given(st.binary(max_size=2000), st.sampled_from([iso("x"), *(fat(one, "X") for one in KINDS)]))
def test_whatever_bytes_come_nothing_else_happens(noise: bytes, begin: bytes) -> None:
    for head in (noise, begin[: len(noise)] + noise, begin[:200] + noise, begin[:512] + noise):
        find(head)


@given(st.integers(0, 511), st.integers(0, 255), st.sampled_from(KINDS))
def test_a_changed_boot_sector_is_no_trouble(at: int, value: int, kind: bytes) -> None:
    head = bytearray(fat(kind, "CIDATA"))
    head[at] = value
    find(bytes(head))
