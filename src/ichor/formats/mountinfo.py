"""/proc/self/mountinfo -> values; see proc_pid_mountinfo(5).

    36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    id parent major:minor root target options tags* - fstype source super-options

Blank, tab, newline and backslash in a name are written as three octal digits.
"""

import re
from typing import NamedTuple

from ichor.errors import FormatError

_ESCAPE = re.compile(r"\\([0-7]{3})")


class Entry(NamedTuple):
    """tags: `shared:N`, `master:N`, `propagate_from:N`, `unbindable`; none means private."""

    id: int
    parent: int
    device: str
    root: str
    target: str
    options: tuple[str, ...]
    tags: tuple[str, ...]
    fstype: str
    source: str
    super_options: tuple[str, ...]


def parse(text: str) -> tuple[Entry, ...]:
    """Give the mounts in the order of the kernel's list. Raises FormatError (offset: the line)."""
    lines = text.splitlines()
    return tuple(_entry(line, number) for number, line in enumerate(lines))


def _entry(line: str, number: int) -> Entry:
    left, separator, right = line.partition(" - ")
    before, after = left.split(" "), right.split(" ")
    if not separator or len(before) < 6 or len(after) != 3:
        raise FormatError("a line of mountinfo", offset=number)
    if not (before[0].isdecimal() and before[1].isdecimal()):
        raise FormatError("numbers of mount and parent", offset=number)
    return Entry(
        id=int(before[0]),
        parent=int(before[1]),
        device=before[2],
        root=unescape(before[3]),
        target=unescape(before[4]),
        options=tuple(before[5].split(",")),
        tags=tuple(before[6:]),
        fstype=unescape(after[0]),
        source=unescape(after[1]),
        super_options=tuple(after[2].split(",")),
    )


def unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def escape(text: str) -> str:
    return "".join(f"\\{ord(each):03o}" if each in " \t\n\\" else each for each in text)
