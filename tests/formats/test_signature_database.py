"""Lists of what firmware trusts are read to the last byte, or not at all."""

import contextlib
import struct
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats.signature_database import Entry, Kind, parse

OWNER = UUID(int=7).bytes_le


def listed(kind: str, *contents: bytes, head: bytes = b"") -> bytes:
    each = 16 + len(contents[0]) if contents else 17
    body = b"".join(OWNER + one for one in contents)
    size = 28 + len(head) + len(body)
    return UUID(kind).bytes_le + struct.pack("<III", size, len(head), each) + head + body


def test_entries_of_all_lists_are_given_in_their_order() -> None:
    certificate, digests = b"certificate", (b"a" * 32, b"b" * 32)
    data = listed(Kind.X509.value, certificate) + listed(Kind.SHA256.value, *digests, head=b"head")
    assert parse(data) == (
        Entry(Kind.X509, certificate),
        *(Entry(Kind.SHA256, one) for one in digests),
    )


def test_kinds_we_do_not_know_are_passed_over() -> None:
    sha1 = listed("826ca512-cf10-4ac9-b187-be01496631bd", b"c" * 20)
    assert parse(sha1 + listed(Kind.SHA256.value, b"d" * 32)) == (Entry(Kind.SHA256, b"d" * 32),)
    assert parse(b"") == ()


@pytest.mark.parametrize(
    ("at", "value"), [(16, 27), (16, 0), (16, 1 << 31), (20, 9999), (24, 0), (24, 16), (24, 47)]
)
def test_sizes_that_do_not_fit_are_refused(at: int, value: int) -> None:
    data = bytearray(listed(Kind.SHA256.value, b"e" * 32))
    struct.pack_into("<I", data, at, value)
    with pytest.raises(FormatError):
        parse(bytes(data))


def test_a_list_that_is_cut_is_refused() -> None:
    whole = listed(Kind.SHA256.value, b"f" * 32)
    for size in range(1, len(whole)):
        with pytest.raises(FormatError):
            parse(whole[:size])


@given(st.binary(max_size=300))
def test_any_bytes_end_in_entries_or_a_clear_error(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        parse(data)
