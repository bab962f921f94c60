"""The disk this machine's root was loaded from: its table, and what of it holds a file system."""

from collections.abc import Awaitable, Mapping
from typing import Final, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ichor.errors import NotFound
from ichor.formats.gpt import Partition, Table
from ichor.formats.luks2 import Header
from ichor.resources.block.volume_config import Encryption
from ichor.resources.block.volume_config import Partition as Size

MAPPER: Final = "/dev/mapper"


class VolumeSettings(Struct, frozen=True, kw_only=True):
    """What has to be known of a volume before it is mounted. secure: nosuid, nodev.

    size: how far it may grow.
    """

    encryption: Encryption | None = None
    secure: bool = True
    size: Size = Size()


class SystemDisk(Struct, frozen=True, kw_only=True):
    """name: of the device, as in /dev. table: for all sectors that the disk has.

    whole: labels of partitions whose file system is there. foreign: of those that hold something
    else, which is never overwritten. encrypted: of those among the whole that have to be opened,
    with their headers. kept: what is there of those for the next start.
    """

    name: str
    table: Table
    whole: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    encrypted: Mapping[str, Header] = {}
    kept: Mapping[str, VolumeSettings] = {}

    def has(self, label: str) -> bool:
        return any(part.label == label for part in self.table.partitions)

    def part(self, label: str) -> Partition:
        """Raises NotFound."""
        for part in self.table.partitions:
            if part.label == label:
                return part
        raise NotFound(f"disk {self.name} has no partition {label}")

    def without(self, label: str) -> "SystemDisk":
        parts = tuple(part for part in self.table.partitions if part.label != label)
        return replace(self, table=self.table._replace(partitions=parts))

    def device(self, label: str) -> str:
        """Give the path of a partition's device. Raises NotFound."""
        return self.path(self.part(label))

    def volume(self, label: str) -> str:
        """Give the path of what its file system is on, once it is open. Raises NotFound."""
        return opened(label) if label in self.encrypted else self.device(label)

    def path(self, part: Partition) -> str:
        between = "p" if self.name[-1].isdigit() else ""
        return f"/dev/{self.name}{between}{part.number}"


class AddPartition(Struct, frozen=True):
    partition: Partition


class KeepSettings(Struct, frozen=True):
    """Where they can be read before the volume is: STATE's in META, the others' on STATE."""

    label: str
    settings: VolumeSettings


class TryKeys(Struct, frozen=True):
    """See that a volume which is there would be opened so, without opening it.

    Applying it raises Conflict, with the reasons, where no key does.
    """

    label: str
    encryption: Encryption | None = None


class MakeFileSystem(Struct, frozen=True):
    """An XFS over the partition of that label, or within what encrypts it; what was there is lost.

    It is whole only when all of it has been made; encrypted, it is open then.
    """

    label: str
    encryption: Encryption | None = None


Action: TypeAlias = AddPartition | KeepSettings | TryKeys | MakeFileSystem


def mapping(label: str) -> str:
    """Name the device-mapper's device of an open volume."""
    return f"luks2-{label}"


def opened(label: str) -> str:
    return f"{MAPPER}/{mapping(label)}"


class SystemDisks(Protocol):
    def observe(self) -> SystemDisk | None:
        """Give it, or None where the root came from no disk. Raises OSError, FormatError."""
        ...

    def apply(self, action: Action) -> Awaitable[None]:
        """Cut off at any moment, one end of the disk has a whole table.

        Raises TransientError, and Conflict as TryKeys says.
        """
        ...
