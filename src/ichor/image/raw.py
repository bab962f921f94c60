"""Raw disks: a partition table at both ends, and what some partitions hold."""

import os
from collections.abc import Iterable
from pathlib import Path

from ichor.formats import gpt
from ichor.formats.gpt import SECTOR, Partition, Table
from ichor.image.sparse import copy


def write(out: Path, table: Table, contents: Iterable[tuple[Path, Partition]]) -> None:
    """Write a disk of that table; what no content fills is a hole."""
    ends = gpt.build(table)
    with out.open("wb") as file:
        file.truncate(table.sectors * SECTOR)
        file.write(ends.head)
        for source, part in contents:
            copy(source, file.fileno(), part.first * SECTOR)
        os.pwrite(file.fileno(), ends.tail, table.sectors * SECTOR - len(ends.tail))
