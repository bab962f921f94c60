"""cpio archives as the kernel unpacks them for its first root: format newc, no times, owner root.

    110 bytes of hexadecimal text | name, NUL | padding to 4 | content | padding to 4 | ... TRAILER
(kernel, driver-api/early-userspace/buffer-format.rst)
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

_REGULAR, _DIRECTORY = 0o100000, 0o040000
_TRAILER: Final = "TRAILER!!!"


class File(NamedTuple):
    path: str
    content: bytes
    mode: int = 0o755


def build(files: Iterable[File], directories: Iterable[str] = ()) -> bytes:
    """Give the archive of these; every directory of a path that is not there must be named."""
    rows = [(path, _DIRECTORY | 0o755, b"") for path in directories]
    rows += [(one.path, _REGULAR | one.mode, one.content) for one in files]
    return b"".join(
        _entry(number, *row) for number, row in enumerate([*rows, (_TRAILER, 0, b"")], 1)
    )


def _entry(number: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(f"{field:08x}".encode() for field in fields)
    return _padded(head + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
