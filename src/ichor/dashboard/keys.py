"""Keys of a terminal: bytes -> names; sequences as xterm and the kernel's console send them.

A letter is itself; others are `left`, `f1`, `ctrl-c`. Of one that is cut off the rest is awaited.
"""

from collections.abc import Mapping
from typing import Final

_NAMES: Final[Mapping[bytes, str]] = {
    b"\x03": "ctrl-c",
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1b[C": "right",
    b"\x1b[D": "left",
    b"\x1b[5~": "pageup",
    b"\x1b[6~": "pagedown",
    # F1 to F3: of xterm, of the kernel's console, of older terminals
    **{b"\x1bO%c" % letter: f"f{number}" for number, letter in enumerate(b"PQR", 1)},
    **{b"\x1b[[%c" % letter: f"f{number}" for number, letter in enumerate(b"ABC", 1)},
    **{b"\x1b[1%d~" % number: f"f{number}" for number in (1, 2, 3)},
}
_ESCAPE: Final = b"\x1b"
_LONGEST: Final = 8


def read(raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """Give the keys, and the begin of one that is not whole."""
    found: list[str] = []
    while raw:
        name = next((one for one in _NAMES if raw.startswith(one)), b"")
        if name:
            found.append(_NAMES[name])
            raw = raw[len(name) :]
        elif any(one.startswith(raw) for one in _NAMES):
            break
        elif raw.startswith(_ESCAPE):
            raw = raw[_end(raw) :]
        else:
            found += [chr(raw[0])] if 0x20 <= raw[0] < 0x7F else []
            raw = raw[1:]
    return tuple(found), raw


def _end(raw: bytes) -> int:
    """Give where a sequence that we do not know ends: behind its first letter or tilde."""
    for at, one in enumerate(raw[2:_LONGEST], 2):
        if 0x40 <= one < 0x7F:
            return at + 1
    return len(raw) if raw[1:2] in {b"[", b"O"} else 1
