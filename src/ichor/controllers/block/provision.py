"""VolumeProvision: the partitions a machine makes at its first start, and their file systems.

runtime/VolumeProvision (all) ─► plan ─► SystemDisk ─► runtime/VolumeProvisionStatus

What is there stays as it is: a partition is added, never moved, and a file system is made only
where none is whole. So a start that was cut off goes on where it was.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.errors import Conflict
from ichor.formats.gpt import LINUX_DATA, Partition, Table, derived_id, free
from ichor.ports.system_disk import (
    Action,
    AddPartition,
    MakeFileSystem,
    SystemDisk,
    SystemDisks,
)
from ichor.resources.block.partition import (
    EPHEMERAL,
    EPHEMERAL_MINIMUM,
    MIB,
    STATE,
    STATE_SIZE,
)
from ichor.resources.block.provision import (
    NAMESPACE,
    VolumeProvision,
    VolumeProvisionStatus,
)
from ichor.units import format_size


class Size(Struct, frozen=True):
    """Bytes; most: 0 for all there is."""

    least: int
    most: int = 0


SIZES: Final[Mapping[str, Size]] = {
    STATE: Size(STATE_SIZE, STATE_SIZE),
    EPHEMERAL: Size(EPHEMERAL_MINIMUM),
}


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, VolumeProvision], All(NAMESPACE)] = {}


def plan(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Action]:
    """Raises Conflict where the disk has no room, or what should be made is something else."""
    if observed is None:
        return
    table = observed.table
    for label in (label for one in inputs.asked.values() for label in one.labels):
        if not any(part.label == label for part in table.partitions):
            made = placed(table, label, SIZES[label])
            table = table._replace(partitions=(*table.partitions, made))
            yield AddPartition(made)
        if label in observed.foreign:
            raise Conflict(f"partition {label} of {observed.name} holds what is no whole XFS")
        if label not in observed.whole:
            yield MakeFileSystem(label)


def placed(table: Table, label: str, size: Size) -> Partition:
    """Give a partition where the most is free. Raises Conflict."""
    gaps = sorted(free(table, MIB // table.sector), key=lambda gap: gap[0] - gap[1])
    first, last = gaps[0] if gaps else (1, 0)
    room = (last - first + 1) * table.sector
    if room < size.least:
        wanted, there = format_size(size.least), format_size(room)
        raise Conflict(f"{label} needs {wanted}, and the disk has {there} free in one piece")
    sectors = min(room, size.most or room) // MIB * MIB // table.sector
    number = 1 + max((part.number for part in table.partitions), default=0)
    id = derived_id(table.disk.bytes, number)
    return Partition(number, LINUX_DATA, id, first, first + sectors - 1, label)


def report(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Yield]:
    whole = observed.whole if observed is not None else frozenset[str]()
    for id, one in inputs.asked.items():
        there = tuple(label for label in one.labels if label in whole)
        yield id, VolumeProvisionStatus(labels=there)


def volume_provision(port: SystemDisks) -> Actuator[Inputs, SystemDisk | None, Action]:
    return Actuator(
        name="block.VolumeProvision",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(VolumeProvisionStatus)],
        report=report,
    )
