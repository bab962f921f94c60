"""A root is read to its last byte, and what is another is named with its place."""

import hashlib
import io

import pytest
from tests.linux.test_install import KERNEL

from ichor.errors import FormatError
from ichor.formats import pe, verity
from ichor.formats.verity import BLOCK
from ichor.linux.proof import check_root, version_of

DATA = hashlib.sha256(b"root").digest() * (300 * BLOCK // 32)
MADE, TAIL = verity.protect(DATA, b"salt")


def test_a_whole_root_is_said_to_be_so() -> None:
    told = list(check_root(io.BytesIO(DATA + TAIL + b"behind"), MADE))
    assert told == ["root: 300 blocks are as they were signed", "root: its tree is, too"]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "root "),
        (len(DATA) - 1, "root "),
        (len(DATA), "the tree of these blocks"),
        (len(DATA) + BLOCK, "the tree of these blocks"),
        (len(DATA + TAIL) - 1, "the tree of these blocks"),
    ],
)
def test_a_changed_byte_is_found(at: int, said: str) -> None:
    written = bytearray(DATA + TAIL)
    written[at] ^= 1
    with pytest.raises(FormatError, match=said):
        list(check_root(io.BytesIO(bytes(written)), MADE))


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) - BLOCK, len(DATA), len(DATA) + 1])
def test_a_root_that_ends_early_is_found(size: int) -> None:
    with pytest.raises(FormatError):
        list(check_root(io.BytesIO((DATA + TAIL)[:size]), MADE))


def test_an_image_says_its_version() -> None:
    release = b'ID=ichor\nPRETTY_NAME="Ichor 1.2"\n'
    assert version_of(pe.append(KERNEL, [(".osrel", release)])) == "Ichor 1.2"
    assert version_of(pe.append(KERNEL, [(".osrel", b"ID=x")])) == ""
