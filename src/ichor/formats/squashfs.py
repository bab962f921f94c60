"""What a squashfs holds, from the listing that `unsquashfs -lln` prints.

-rwxr-xr-x 0/0   39198882 1970-01-01 00:00 squashfs-root/usr/bin/containerd
lrwxrwxrwx 0/0          7 1970-01-01 00:00 squashfs-root/bin -> usr/bin
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ichor.errors import FormatError

_LINE = re.compile(
    r"([-dlbcps])([-rwxsStT]{9}) (\d+)/(\d+) +(\d+(?:, *\d+)?) \S+ \S+ squashfs-root(?:/(.*))?"
)


class Listed(NamedTuple):
    """kind: `-` file, `d` directory, `l` link, `b` `c` device, `p` pipe, `s` socket.

    mode: as ls writes it, without the kind. path: relative; empty is the root. size: 0 of devices.
    """

    kind: str
    mode: str
    uid: int
    gid: int
    size: int
    path: str
    target: str

    @property
    def is_setuid(self) -> bool:
        return self.kind == "-" and ("s" in self.mode.lower())

    @property
    def is_executable(self) -> bool:
        return self.kind == "-" and ("x" in self.mode or "s" in self.mode)


def parse(listing: str) -> Iterator[Listed]:
    """Yield the entries of a listing. Raises FormatError with the number of the bad line."""
    for number, line in enumerate(listing.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise FormatError(f"an entry of unsquashfs on line {number}, not {line!r}")
        kind, mode, uid, gid, size, rest = match.groups()
        path, _, target = (rest or "").partition(" -> ") if kind == "l" else (rest or "", "", "")
        length = int(size) if size.isdigit() else 0
        yield Listed(kind, mode, int(uid), int(gid), length, path, target)
