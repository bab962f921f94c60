"""What a disk of ours is divided into, be it made of an image or by a node."""

from collections.abc import Mapping
from typing import Final

from ichor.formats import gpt
from ichor.formats.gpt import Partition, Table
from ichor.resources.block import partition
from ichor.resources.block.partition import MIB

_READ_ONLY: Final = 1 << 60  # Discoverable Partitions Specification: attribute bits
ESP_NUMBER, ROOT_NUMBER, META_NUMBER = 1, 2, 4
# The least disk that has room for all, also for what the node adds at its first start.
LEAST: Final = (
    partition.EFI_SIZE
    + 2 * partition.ROOT_SIZE
    + partition.META_SIZE
    + partition.STATE_SIZE
    + partition.EPHEMERAL_MINIMUM
    + 2 * MIB
)


def plan(root_hash: bytes, sectors: int = 0) -> Table:
    """Give the table of a disk whose slot A holds that root.

    Ids are made of the root's hash. sectors: of the disk; by default it ends where META does.
    """
    rows = (
        (gpt.ESP, partition.EFI_SIZE, partition.EFI, 0),
        (gpt.ROOT_X86_64, partition.ROOT_SIZE, partition.root_label(root_hash), _READ_ONLY),
        (gpt.ROOT_X86_64, partition.ROOT_SIZE, partition.EMPTY_ROOT, _READ_ONLY),
        (gpt.LINUX_DATA, partition.META_SIZE, partition.META, 0),
    )
    align = MIB // gpt.SECTOR
    at, partitions = align, []
    for number, (kind, size, label, attributes) in enumerate(rows, 1):
        last = at + size // gpt.SECTOR - 1
        id = gpt.derived_id(root_hash, number)
        partitions.append(Partition(number, kind, id, at, last, label, attributes))
        at = last + 1
    return Table(gpt.derived_id(root_hash, 0), sectors or at + align, tuple(partitions))


def is_ours(table: Table) -> bool:
    """Tell whether a table is one that `plan` made, whatever was added to it."""
    labels: Mapping[int, str] = {one.number: one.label for one in table.partitions}
    root = labels.get(ROOT_NUMBER, ""), labels.get(ROOT_NUMBER + 1, "")
    return (
        labels.get(ESP_NUMBER) == partition.EFI
        and labels.get(META_NUMBER) == partition.META
        and any(label.startswith(partition.ROOT_PREFIX) for label in root)
    )
