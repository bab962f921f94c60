import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import elf


def program(needed: list[str], interpreter: str = "", runpath: str = "") -> bytes:
    """Give a file with one PT_LOAD at address 0x1000, so that addresses differ from offsets."""
    strings, offsets = b"\0", {}
    for text in [*needed, runpath]:
        offsets[text] = len(strings)
        strings += text.encode() + b"\0"
    loader = interpreter.encode() + b"\0"
    pairs = [(1, offsets[name]) for name in needed] + [(5, 0x1000 + 64 + 3 * 56)]
    pairs += [(29, offsets[runpath])] if runpath else []
    dynamic = b"".join(struct.pack("<qQ", *pair) for pair in [*pairs, (0, 0)])
    at = 64 + 3 * 56
    body = strings + loader + dynamic
    total = at + len(body)
    segments = [(1, 0, 0x1000, total), (2, at + len(strings) + len(loader), 0, len(dynamic))]
    segments.append((3 if interpreter else 4, at + len(strings), 0, len(loader)))
    headers = b"".join(
        struct.pack("<IIQQQQQQ", kind, 0, offset, address, 0, size, size, 1)
        for kind, offset, address, size in segments
    )
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    return ident + head + headers + body


def test_a_program_tells_its_loader_and_libraries() -> None:
    found = elf.linking(program(["libssl.so.3", "libc.so.6"], "/lib64/ld.so", "$ORIGIN:/x"))
    assert found == elf.Linking("/lib64/ld.so", ("libssl.so.3", "libc.so.6"), ("$ORIGIN", "/x"))


def test_a_library_has_no_loader() -> None:
    assert elf.linking(program(["libc.so.6"])).interpreter == ""


def test_other_files_are_refused() -> None:
    with pytest.raises(FormatError, match="ELF64"):
        elf.linking(b"#!/bin/sh\n")


@given(st.binary(max_size=300), st.integers(0, 200))
def test_a_damaged_file_raises_a_format_error_or_is_read(noise: bytes, at: int) -> None:
    whole = program(["libc.so.6"], "/lib64/ld.so")
    damaged = whole[:6] + whole[6:at] + noise + whole[at + len(noise) :]
    with contextlib.suppress(FormatError):
        elf.linking(damaged)
