"""Control groups: a tree of named groups with limits, whose processes can be ended together.

Paths are relative to the node's own group, `system/apid`; the hierarchy's version is not seen.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from ichor.resources.runtime.service_spec import Resources


class Group(Struct, frozen=True, kw_only=True):
    """A group as it is; resources holds what a group of this kernel can say."""

    resources: Resources = Resources()
    processes: tuple[int, ...] = ()


class Make(Struct, frozen=True, kw_only=True):
    """Create a group with its parents, or set an existing one's limits."""

    path: str
    resources: Resources = Resources()


class Place(Struct, frozen=True, kw_only=True):
    """Move a process into an existing group."""

    path: str
    pid: int


class Kill(Struct, frozen=True, kw_only=True):
    """SIGKILL every process of the group and the groups below, new forks included."""

    path: str


class Remove(Struct, frozen=True, kw_only=True):
    """Remove an empty group and the empty ones below it; a missing one is no error."""

    path: str


Action = Make | Place | Kill | Remove


class Cgroups(Protocol):
    def observe(self) -> Mapping[str, Group]: ...

    def apply(self, action: Action) -> None:
        """Raises OSError: ENOENT for a missing group, EBUSY for one in use.

        EBUSY too, on v2, for limits below a group that has processes and for processes in a group
        above limits.
        """
        ...
