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
    with contextlib.suppress(FormatError):
        elf.protections(damaged)


WHOLE = elf.Protections(*[True] * len(elf.Protections._fields))


def hardened(
    *, flags_1: int = 0x08000001, stack: int = 6, code: int = 5, features: int = 3, relro: int = 0
) -> bytes:
    """Give a file whose segments say how it is protected; relro: added to that segment's kind."""
    note = struct.pack("<III4s", 4, 16, 5, b"GNU\0") + struct.pack(
        "<IIII", 0xC0000002, 4, features, 0
    )
    body = struct.pack("<qQqQ", 0x6FFFFFFB, flags_1, 0, 0) + note + b"\0__stack_chk_fail\0"
    at = 64 + 5 * 56
    segments = [
        (1, code, 0, at + len(body)),
        (2, 6, at, 32),
        (0x6474E551, stack, 0, 0),
        (0x6474E552 + relro, 4, 0, 0),
        (0x6474E553, 4, at + 32, len(note)),
    ]
    headers = b"".join(
        struct.pack("<IIQQQQQQ", kind, flags, offset, 0, 0, size, size, 1)
        for kind, flags, offset, size in segments
    )
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 5, 0, 0, 0)
    return ident + head + headers + body


def test_a_program_tells_how_it_is_protected() -> None:
    assert elf.protections(hardened()) == WHOLE


@pytest.mark.parametrize(
    ("data", "lacks"),
    [
        (hardened(flags_1=1), {"is_pie"}),
        (hardened(flags_1=0x08000000), {"has_full_relro"}),
        (hardened(relro=100), {"has_full_relro"}),
        (hardened(stack=7), {"has_plain_stack"}),
        (hardened(code=7), {"is_write_xor_execute"}),
        (hardened(features=1), {"shstk"}),
        (hardened(features=2), {"ibt"}),
        (hardened().replace(b"__stack_chk_fail", b"__stack_chk_fall"), {"is_guarded"}),
    ],
)
def test_each_protection_that_is_missing_is_seen(data: bytes, lacks: set[str]) -> None:
    found = elf.protections(data)._asdict()
    assert {name for name, is_there in found.items() if not is_there} == lacks
