"""Files and directories below one directory, by paths relative to it."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class File(Struct, frozen=True, kw_only=True):
    """content may be secret: it is left out of repr."""

    content: bytes
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    def __repr__(self) -> str:
        return f"File({len(self.content)} bytes, {self.mode:04o}, {self.uid}:{self.gid})"


class Directory(Struct, frozen=True, kw_only=True):
    mode: int = 0o755
    uid: int = 0
    gid: int = 0


class Write(Struct, frozen=True, kw_only=True):
    """Make the file exactly so; its directories are made with 0755 if they are missing."""

    path: str
    file: File


class MakeDirectory(Struct, frozen=True, kw_only=True):
    path: str
    directory: Directory = Directory()


class Remove(Struct, frozen=True, kw_only=True):
    """Remove a file, or a directory with all it holds; a missing one is no error."""

    path: str


Action = Write | MakeDirectory | Remove


class Files(Protocol):
    def observe(self) -> Mapping[str, File | Directory]:
        """Give all regular files and directories below; symbolic links are not followed."""
        ...

    def apply(self, action: Action) -> None:
        """Raises OSError with the path."""
        ...
