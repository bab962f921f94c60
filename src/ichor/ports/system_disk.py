"""The disk this machine's root was loaded from: its table, and what of it holds a file system."""

from collections.abc import Awaitable
from typing import Protocol, TypeAlias

from msgspec import Struct

from ichor.errors import NotFound
from ichor.formats.gpt import Partition, Table


class SystemDisk(Struct, frozen=True, kw_only=True):
    """name: of the device, as in /dev. table: for all sectors that the disk has.

    whole: labels of partitions whose file system is there. foreign: of those that hold something
    else, which is never overwritten.
    """

    name: str
    table: Table
    whole: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    def has(self, label: str) -> bool:
        return any(part.label == label for part in self.table.partitions)

    def part(self, label: str) -> Partition:
        """Raises NotFound."""
        for part in self.table.partitions:
            if part.label == label:
                return part
        raise NotFound(f"disk {self.name} has no partition {label}")

    def device(self, label: str) -> str:
        """Give the path of a partition's device. Raises NotFound."""
        return self.path(self.part(label))

    def path(self, part: Partition) -> str:
        between = "p" if self.name[-1].isdigit() else ""
        return f"/dev/{self.name}{between}{part.number}"


class AddPartition(Struct, frozen=True):
    partition: Partition


class MakeFileSystem(Struct, frozen=True):
    """An XFS over the partition of that label; what was there is lost."""

    label: str


Action: TypeAlias = AddPartition | MakeFileSystem


class SystemDisks(Protocol):
    def observe(self) -> SystemDisk | None:
        """Give it, or None where the root came from no disk. Raises OSError, FormatError."""
        ...

    def apply(self, action: Action) -> Awaitable[None]:
        """Cut off at any moment, one end of the disk has a whole table. Raises TransientError."""
        ...
