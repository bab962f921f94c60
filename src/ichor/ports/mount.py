"""The mount table of this process's mount namespace.

Options are those that hold per mount: ro nosuid nodev noexec noatime; others are not observed.
"""

import enum
from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct


class Propagation(enum.Enum):
    PRIVATE = "private"
    SHARED = "shared"
    SLAVE = "slave"


class Mount(Struct, frozen=True, kw_only=True):
    """root: which directory of the file system is seen at target, `/` unless bound."""

    target: str
    fstype: str
    source: str
    root: str = "/"
    options: tuple[str, ...] = ()
    propagation: Propagation = Propagation.PRIVATE


class Attach(Struct, frozen=True, kw_only=True):
    """Mount a file system; data is its own comma-separated options."""

    target: str
    fstype: str
    source: str
    options: tuple[str, ...] = ()
    data: str = ""


class Bind(Struct, frozen=True, kw_only=True):
    """Show a file or directory at another place; options beyond the source's are set there."""

    target: str
    source: str
    options: tuple[str, ...] = ()


class Overlay(Struct, frozen=True, kw_only=True):
    """Mount an overlay; lower: the topmost first. upper and work share a file system."""

    target: str
    lower: tuple[str, ...]
    upper: str
    work: str
    options: tuple[str, ...] = ()


class Remount(Struct, frozen=True, kw_only=True):
    """Set exactly these options on an existing mount."""

    target: str
    options: tuple[str, ...] = ()


class Propagate(Struct, frozen=True, kw_only=True):
    target: str
    propagation: Propagation
    recursive: bool = False


class Detach(Struct, frozen=True, kw_only=True):
    """Unmount the topmost mount at target; lazy: even if it is in use."""

    target: str
    lazy: bool = False


Action = Attach | Bind | Overlay | Remount | Propagate | Detach


class Mounts(Protocol):
    def observe(self) -> tuple[Mount, ...]:
        """Give all mounts by target, ascending; at one target, the one that covers comes last."""
        ...

    def apply(self, action: Action) -> None:
        """Raises OSError, EINVAL where nothing is mounted at target."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when the table may have changed."""
        ...
