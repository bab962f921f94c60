"""Files of /etc on a read-only root: written elsewhere, seen in their place.

/etc/hosts, resolv.conf, hostname, machine-id and the like must exist in the image: what is
missing there cannot be bound over.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class EtcFile(Struct, frozen=True, kw_only=True):
    """bound: it is seen at its place, read-only."""

    content: bytes
    mode: int = 0o644
    bound: bool = True


class WriteEtc(Struct, frozen=True, kw_only=True):
    """Write it and bind it; name is relative to /etc. A change is seen through the bind."""

    name: str
    content: bytes
    mode: int = 0o644


class RemoveEtc(Struct, frozen=True, kw_only=True):
    """Show the image's own file again."""

    name: str


Action = WriteEtc | RemoveEtc


class Etc(Protocol):
    def observe(self) -> Mapping[str, EtcFile]: ...

    def apply(self, action: Action) -> None:
        """Raises OSError: ENOENT if the image has no such file."""
        ...
