"""Footers of fixed VHDs. QEMU reads whole ones in tests/interop."""

import struct
from uuid import UUID

import pytest

from ichor.errors import FormatError
from ichor.formats import vhd

ID = UUID("6b8d2a52-6f0c-8f9c-8a6e-0123456789ab")


def test_a_footer_tells_size_kind_and_id_and_sums_up() -> None:
    made = vhd.footer(614 << 20, ID)
    assert len(made) == 512
    assert made[:8] == b"conectix"
    assert struct.unpack_from(">QQ", made, 40) == (614 << 20, 614 << 20)
    assert struct.unpack_from(">I", made, 60) == (2,)  # fixed
    assert made[68:84] == ID.bytes
    (told,) = struct.unpack_from(">I", made, 64)
    assert told == ~sum(made[:64] + made[68:]) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("sectors", "shape"),
    [
        (17 * 4 * 1000, (1000, 4, 17)),
        (17 * 5000, (1000, 5, 17)),
        (31 * 16 * 1000, (1000, 16, 31)),
        (63 * 16 * 2000, (2000, 16, 63)),
        (65535 * 16 * 63, (16191, 16, 255)),
        (1 << 40, (65535, 16, 255)),
    ],
)
def test_the_geometry_is_the_largest_that_fits(sectors: int, shape: tuple[int, int, int]) -> None:
    assert vhd.geometry(sectors) == shape


@pytest.mark.parametrize("size", [0, -512, 511, 513])
def test_half_a_sector_is_refused(size: int) -> None:
    with pytest.raises(FormatError, match="whole sectors"):
        vhd.footer(size, ID)
