import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import meta

VALUES = st.dictionaries(st.integers(1, 255), st.binary(max_size=300), max_size=20)


@given(VALUES)
def test_what_is_written_is_read(values: dict[int, bytes]) -> None:
    assert meta.parse(meta.build(values)) == values


@given(VALUES, st.integers(0, meta.COPY - 1), st.integers(1, 255), st.integers(0, 1))
def test_one_torn_copy_loses_nothing(values: dict[int, bytes], at: int, by: int, copy: int) -> None:
    raw = bytearray(meta.build(values))
    raw[at + copy * meta.COPY] ^= by
    assert meta.parse(bytes(raw)) == values


def test_a_blank_partition_has_no_values() -> None:
    assert meta.parse(bytes(meta.SIZE)) == {}


def test_two_torn_copies_are_no_blank_partition() -> None:
    raw = bytearray(meta.build({6: b"A"}))
    for at in (100, meta.COPY + 100):
        raw[at] ^= 1
    with pytest.raises(FormatError, match="SHA-256"):
        meta.parse(bytes(raw))


def test_the_layout_is_that_of_the_facts() -> None:
    raw = meta.build({6: b"A"})
    assert len(raw) == 2 * meta.COPY
    assert raw[:17] == bytes.fromhex("5a4b3c2d 00000006 00000001") + b"A" + bytes(4)
    assert raw[meta.COPY - 4 : meta.COPY] == bytes.fromhex("a5b4c3d2")
    assert raw[: meta.COPY] == raw[meta.COPY :]


@pytest.mark.parametrize("values", [{0: b""}, {256: b""}, {1: bytes(meta.COPY)}])
def test_what_does_not_fit_is_refused(values: dict[int, bytes]) -> None:
    with pytest.raises(FormatError):
        meta.build(values)
