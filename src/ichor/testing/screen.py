"""A screen as somebody before it sees it: a picture, its cells, and whether they read as a text.

The font is not known. But the same letter has the same cell wherever it stands, and another letter
another one: what is known to be there teaches the letters by which the rest is read.
"""

import json
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ichor.provision import control

COLUMN, ROW = 8, 16  # pixels of a cell of the kernel's usual font
_PICTURE: Final = "screen.ppm"
_PATIENCE_S: Final = 30

Cell = bytes


def look(directory: Path, monitor: str) -> bytes:
    """Have QEMU write down what is on the screen. monitor: its QMP socket in the directory."""
    picture = directory / _PICTURE
    with control.address(directory, monitor) as path, socket.socket(socket.AF_UNIX) as link:
        link.settimeout(_PATIENCE_S)
        link.connect(path)
        with link.makefile("rw") as stream:
            _read(stream.readline())  # the greeting
            wishes: tuple[Mapping[str, object], ...] = (
                {"execute": "qmp_capabilities"},
                {"execute": "screendump", "arguments": {"filename": str(picture)}},
            )
            for wish in wishes:
                stream.write(json.dumps(wish) + "\n")
                stream.flush()
                while "return" not in (answer := _read(stream.readline())):
                    if "error" in answer:
                        raise OSError(f"QEMU: {answer}")
    return picture.read_bytes()


def _read(line: str) -> Mapping[str, object]:
    found: object = json.loads(line)
    if not isinstance(found, dict):
        raise OSError(f"QEMU says {line!r}")
    return found


def cells(picture: bytes) -> tuple[tuple[Cell, ...], ...]:
    """Cut a picture (PPM, P6) into rows of cells: of each pixel whether it is ink."""
    kind, size, most, pixels = picture.split(b"\n", 3)
    if (kind, most) != (b"P6", b"255"):
        raise ValueError(f"{picture[:20]!r} is no picture of 8 bits a colour")
    width, height = map(int, size.split())
    return tuple(
        tuple(_cell(pixels, width, x, y) for x in range(0, width - COLUMN + 1, COLUMN))
        for y in range(0, height - ROW + 1, ROW)
    )


def _cell(pixels: bytes, width: int, x: int, y: int) -> Cell:
    """Most of a letter's cell is ground, whatever its colours are."""
    starts = (3 * ((y + row) * width + x) for row in range(ROW))
    lines = b"".join(pixels[start : start + 3 * COLUMN] for start in starts)
    found = [lines[at : at + 3] for at in range(0, len(lines), 3)]
    ground = Counter(found).most_common(1)[0][0]
    return bytes(pixel != ground for pixel in found)


def learn(row: Sequence[Cell], text: str, known: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
    """Give what is known once a row begins with this text; None if it cannot be that text."""
    letters = dict(known)
    if len(row) < len(text):
        return None
    for letter, cell in zip(text, row, strict=False):
        if letters.setdefault(letter, cell) != cell:
            return None
    return letters if len(set(letters.values())) == len(letters) else None
