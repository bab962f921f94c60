import contextlib
import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import pe


def image(code: bytes = b"\xc3", headers: int = 0x400, certificates: int = 0) -> bytes:
    """Give the smallest PE32+ file with one section .text."""
    optional = bytearray(240)
    struct.pack_into("<H", optional, 0, 0x20B)
    struct.pack_into("<II", optional, 32, 0x1000, 0x200)
    struct.pack_into("<II", optional, 56, 0x2000, headers)
    struct.pack_into("<I", optional, 108, 16)
    struct.pack_into("<I", optional, 148, certificates)
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    file = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22)
    raw = code.ljust(0x200, b"\0")
    flags = 0x60000020
    text = struct.pack(
        "<8sIIIIIIHHI", b".text", len(code), 0x1000, 0x200, headers, 0, 0, 0, 0, flags
    )
    return (dos + file + bytes(optional) + text).ljust(headers, b"\0") + raw


@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=6))
def test_appended_sections_are_found_and_the_rest_is_as_before(bodies: list[bytes]) -> None:
    names = [f".s{index}" for index in range(len(bodies))]
    made = pe.append(image(), list(zip(names, bodies, strict=True)))
    assert [one.name for one in pe.sections(made)] == [".text", *names]
    assert [pe.content(made, name) for name in names] == bodies
    assert pe.content(made, ".text") == b"\xc3"
    assert pe.append(image(), list(zip(names, bodies, strict=True))) == made


@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=6))
def test_sections_share_no_byte_of_memory_or_file(bodies: list[bytes]) -> None:
    made = pe.append(image(), [(f".s{index}", body) for index, body in enumerate(bodies)])
    rows = pe.sections(made)
    for one, other in itertools.pairwise(rows):
        assert one.address + one.size <= other.address
        assert other.address % 0x1000 == 0
        assert one.offset + one.raw <= other.offset
    image_size = struct.unpack_from("<I", made, pe.layout(made).optional + 56)[0]
    assert image_size >= rows[-1].address + rows[-1].size


def test_headers_without_room_are_refused() -> None:
    with pytest.raises(FormatError, match="room for 20"):
        pe.append(image(), [(".x", b"")] * 20)


def test_a_signed_image_is_not_changed() -> None:
    with pytest.raises(FormatError, match="without a signature"):
        pe.append(image(certificates=0x600), [(".x", b"")])


@given(st.binary(max_size=600), st.integers(0, 500))
def test_foreign_bytes_end_in_a_format_error_or_sections(noise: bytes, at: int) -> None:
    broken = bytearray(image())
    broken[at : at + len(noise)] = noise
    for data in (bytes(broken), noise, b"MZ" + noise):
        with contextlib.suppress(FormatError):
            pe.sections(data)
