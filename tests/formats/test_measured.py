"""What a machine's phases make of a PCR, and the log of them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import measured
from ichor.formats.measured import Extended

LOG = [Extended(11, "ichor:boot"), Extended(11, "ichor:run"), Extended(12, "other")]


def test_a_phase_extends_by_the_hash_of_its_name() -> None:
    before = bytes(range(32))
    value = hashlib.sha256(before + hashlib.sha256(b"ichor:boot").digest()).digest()
    assert measured.phases(before)["ichor:boot"] == value
    values = measured.replay(LOG[:2], {11: before, 7: before})
    assert values == {11: measured.phases(before)["ichor:run"], 7: before}


def test_a_log_is_read_as_it_was_written() -> None:
    assert measured.parse(measured.build(LOG)) == LOG
    assert measured.parse(b"") == []


@pytest.mark.parametrize("text", [b"{}", b"x\n", b'{"pcr":"11","event":"a"}\n', b"{}\n" * 65])
def test_what_is_no_log_is_refused(text: bytes) -> None:
    with pytest.raises(FormatError):
        measured.parse(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    for read in (measured.parse, measured.read_manifest):
        try:
            read(text)
        except FormatError:
            continue
