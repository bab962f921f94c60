"""Copies of files with holes."""

import os
from pathlib import Path

from ichor.image.sparse import copy

MIB = 1 << 20


def test_a_copy_has_the_content_and_the_holes(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        file.truncate(8 * MIB)
        for at in (0, 3 * MIB + 5, 8 * MIB - 1):
            os.pwrite(file.fileno(), b"x", at)
    with target.open("wb") as file:
        file.truncate(16 * MIB)
        copy(source, file.fileno(), MIB)
    assert target.stat().st_size == 16 * MIB
    assert target.read_bytes() == bytes(MIB) + source.read_bytes() + bytes(7 * MIB)
    assert target.stat().st_blocks * 512 < MIB
