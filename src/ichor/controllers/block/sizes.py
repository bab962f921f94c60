"""Where a volume lies on the disk, and how far it may grow: whole MiB, within its limits."""

from ichor.errors import Conflict
from ichor.formats.gpt import LINUX_DATA, Partition, Table, derived_id, free
from ichor.resources.block.partition import MIB
from ichor.resources.block.volume_config import Partition as Size
from ichor.units import format_size


def placed(table: Table, label: str, size: Size) -> Partition:
    """Give a partition where the most is free. Raises Conflict."""
    gaps = sorted(free(table, MIB // table.sector), key=lambda gap: gap[0] - gap[1])
    first, last = gaps[0] if gaps else (1, 0)
    room = (last - first + 1) * table.sector
    most = limit(size, room)
    if most < size.min_size:
        wanted, there = format_size(size.min_size), format_size(room)
        raise Conflict(f"{label} needs {wanted}, and the disk has {there} free in one piece")
    sectors = most // MIB * MIB // table.sector
    number = 1 + max((part.number for part in table.partitions), default=0)
    id = derived_id(table.disk.bytes, number)
    return Partition(number, LINUX_DATA, id, first, first + sectors - 1, label)


def limit(size: Size, room: int) -> int:
    """Give how many bytes of those it may have."""
    if size.relative_max_size:
        return room * size.relative_max_size // 100
    if size.negative_max_size:
        return max(room - size.max_size, 0)
    return min(room, size.max_size or room)


def grown(table: Table, label: str, size: Size) -> Partition | None:
    """Give the partition as large as it may be now; None where it is that, or may not grow."""
    part = next((part for part in table.partitions if part.label == label), None)
    if part is None or not size.grow:
        return None
    behind = next((last for first, last in free(table, 1) if first == part.last + 1), part.last)
    room = (behind - part.first + 1) * table.sector
    sectors = limit(size, room) // MIB * MIB // table.sector
    return part._replace(last=part.first + sectors - 1) if sectors > part.sectors else None
