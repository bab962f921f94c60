"""Names of boot entries and their tries, as systemd-boot counts them on the ESP.

    ichor-7+2-1.efi    the seventh one made; two tries are left, one was in vain

Before it starts an entry, the loader takes one of its tries; who is well gives them back. It starts
the highest number that has tries left, else the highest: Boot Loader Specification, `Boot counting`
and `Sorting`, for images whose os-release tells no version.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ichor.errors import FormatError

DIRECTORY: Final = "EFI/Linux"
TRIES: Final = 2
_NAME: Final = re.compile(
    r"ichor-(?P<number>[0-9]{1,9})(\+(?P<left>[0-9]{1,9})(-(?P<failed>[0-9]{1,9}))?)?\.efi",
    re.IGNORECASE,  # of FAT
)


class BootEntry(NamedTuple):
    """left: None where tries are not counted."""

    number: int
    left: int | None = TRIES
    failed: int = 0

    @property
    def name(self) -> str:
        left = "" if self.left is None else f"+{self.left}"
        failed = f"-{self.failed}" if self.failed else ""
        return f"ichor-{self.number}{left}{failed}.efi"

    @property
    def id(self) -> str:
        """Give what the loader calls it, whatever its tries."""
        return BootEntry(self.number, None).name

    @property
    def armed(self) -> "BootEntry":
        """Give it with all of its tries."""
        return BootEntry(self.number)


def parse(name: str) -> BootEntry:
    """Raises FormatError."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise FormatError(f"a boot entry as {BootEntry(7, 2, 1).name}, not {name!r}")
    left = None if match["left"] is None else int(match["left"])
    return BootEntry(int(match["number"]), left, int(match["failed"] or 0))


def first(entries: Iterable[BootEntry]) -> BootEntry | None:
    """Give the one that the loader starts next."""
    return max(entries, key=lambda one: (one.left != 0, one.number), default=None)
