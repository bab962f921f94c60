"""The disks of a machine that is not installed, and what is written to one of them."""

import enum
from collections.abc import AsyncIterator, Awaitable
from typing import Final, Protocol

from msgspec import Struct

from ichor.errors import Conflict
from ichor.formats.gpt import SECTOR
from ichor.resources.block.layout import LEAST
from ichor.units import format_size


class Holds(enum.Enum):
    """What is on a disk. BEGUN: an installation of ours that nobody has configured yet."""

    NOTHING = "nothing"
    BEGUN = "an installation that was not configured"
    INSTALLED = "an installation"
    FOREIGN = "something else"


FREE: Final = frozenset({Holds.NOTHING, Holds.BEGUN})


class Target(Struct, frozen=True, kw_only=True):
    """A disk. name: of its device, as in /dev; sector: bytes."""

    name: str
    size: int
    sector: int = 512
    read_only: bool = False
    rotational: bool = False
    transport: str = ""
    model: str = ""
    serial: str = ""
    wwid: str = ""
    modalias: str = ""
    holds: Holds = Holds.NOTHING

    def check(self, *, wipe: bool) -> None:
        """Raises Conflict where nothing may be installed there. wipe: what is there may be lost."""
        if self.read_only:
            raise Conflict(f"disk {self.name} is read-only")
        if self.size < LEAST:
            there, least = format_size(self.size), format_size(LEAST)
            raise Conflict(f"disk {self.name} has {there}, {least} are needed")
        if self.sector != SECTOR:
            raise Conflict(f"disk {self.name} has sectors of {self.sector} bytes, not {SECTOR}")
        if self.holds not in FREE and not wipe:
            hint = "name another disk, or say wipe: true"
            raise Conflict(f"disk {self.name} holds {self.holds.value} (hint: {hint})")


class Machine(Struct, frozen=True, kw_only=True):
    """targets: by name. installed: the disk that this boot has installed to; empty if none.

    busy: something is being written. image: what this medium carries.
    """

    targets: tuple[Target, ...] = ()
    installed: str = ""
    busy: bool = False
    image: str = ""


class InstallTo(Struct, frozen=True):
    """wipe: whatever is on that disk is lost."""

    name: str
    wipe: bool = False


class Installations(Protocol):
    def observe(self) -> Machine:
        """Raises OSError."""
        ...

    def apply(self, action: InstallTo) -> Awaitable[None]:
        """Cut off at any moment, the disk is blank, or starts what was installed.

        Raises Conflict where the disk holds what it may not lose, OSError.
        """
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when an installation begins or ends."""
        ...
