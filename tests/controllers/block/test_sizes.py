"""How far a volume grows when its disk has grown."""

from uuid import UUID

import pytest

from ichor.controllers.block.sizes import grown
from ichor.formats import gpt
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.resources.block.partition import EPHEMERAL, MIB
from ichor.resources.block.volume_config import Partition as Size

GIB = 1 << 30
GROW = Size(grow=True)


def table(size: int, *more: Partition) -> Table:
    first = MIB // SECTOR
    part = Partition(6, LINUX_DATA, UUID(int=6), first, first + 4 * GIB // SECTOR - 1, EPHEMERAL)
    return Table(UUID(int=9), size // SECTOR, (part, *more))


def size_of(table: Table, size: Size) -> int:
    part = grown(table, EPHEMERAL, size)
    if part is None:
        return 0
    others = tuple(one for one in table.partitions if one.label != EPHEMERAL)
    gpt.build(table._replace(partitions=(part, *others)))  # it can be written
    return part.sectors * SECTOR


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (GROW, 8 * GIB - 2 * MIB),
        (Size(grow=False), 0),
        (Size(grow=True, max_size=6 * GIB), 6 * GIB),
        (Size(grow=True, max_size=4 * GIB), 0),
        (Size(grow=True, relative_max_size=75), 6 * GIB - MIB),
        (Size(grow=True, relative_max_size=10), 0),
        (Size(grow=True, max_size=GIB, negative_max_size=True), 7 * GIB - 2 * MIB),
        (Size(grow=True, max_size=9 * GIB, negative_max_size=True), 0),
    ],
)
def test_it_grows_to_the_end_of_the_disk_within_its_limits(size: Size, expected: int) -> None:
    assert size_of(table(8 * GIB), size) == expected


def test_a_disk_as_it_was_leaves_it_as_it_is() -> None:
    assert grown(table(4 * GIB + 2 * MIB), EPHEMERAL, GROW) is None
    assert grown(Table(UUID(int=9), 8 * GIB // SECTOR), EPHEMERAL, GROW) is None


def test_it_grows_up_to_who_lies_behind_it() -> None:
    first = 6 * GIB // SECTOR
    behind = Partition(7, LINUX_DATA, UUID(int=7), first, first + 99, "STATE")
    assert size_of(table(8 * GIB, behind), GROW) == 6 * GIB - MIB
