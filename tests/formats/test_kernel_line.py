"""The kernel's command line, and what is carried in it."""

import base64
import contextlib
import gzip

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import packed, smbios
from ichor.formats.kernel_line import values, words


def test_quoted_spaces_part_no_words() -> None:
    line = 'quiet dm-mod.create="root,,,ro,0 1 verity" talos.config=a=b  x="" '
    assert list(words(line)) == [
        "quiet",
        "dm-mod.create=root,,,ro,0 1 verity",
        "talos.config=a=b",
        "x=",
    ]


def test_a_repeated_parameter_keeps_its_order() -> None:
    assert values("a=1 b=2 a=3 a", "a") == ["1", "3"]


@given(st.binary(max_size=5000))
def test_what_is_packed_is_unpacked(data: bytes) -> None:
    argument = base64.b64encode(zstd.compress(data)).decode()
    assert packed.from_argument(argument) == data
    assert packed.unpacked(gzip.compress(data)) == data


def test_what_is_plain_stays() -> None:
    assert packed.unpacked(b"machine:\n") == b"machine:\n"


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("!", "base64"),
        (base64.b64encode(b"plain").decode(), "zstd"),
        (base64.b64encode(zstd.compress(b"x" * 100)[:-2]).decode(), "whole zstd"),
        (base64.b64encode(zstd.compress(bytes(packed.MOST + 1))).decode(), "at most"),
    ],
    ids=["no-base64", "no-zstd", "cut", "too-large"],
)
def test_a_damaged_argument_is_refused(argument: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        packed.from_argument(argument)


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8bnothing", gzip.compress(b"x" * 99)[:-9], gzip.compress(bytes(packed.MOST + 1))],
    ids=["no-gzip", "cut", "too-large"],  # its bytes have the time in them
)
def test_a_damaged_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="gzip"):
        packed.unpacked(data)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(text: str, data: bytes) -> None:
    with contextlib.suppress(FormatError):
        packed.from_argument(text)
    with contextlib.suppress(FormatError):
        packed.unpacked(b"\x1f\x8b" + data)


def test_the_strings_of_a_structure() -> None:
    head = bytes([11, 5, 0, 1, 2])
    assert smbios.strings(head + b"one\0two words\0\0rest") == ("one", "two words")
    assert smbios.strings(head + b"\0\0") == ()


@given(st.binary(max_size=40))
def test_whatever_structure_comes_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        smbios.strings(data)
