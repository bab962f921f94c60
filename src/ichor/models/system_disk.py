"""The system disk as its table and the labels of what was made on it."""

from msgspec.structs import replace

from ichor.ports.system_disk import Action, AddPartition, SystemDisk


def model(disk: SystemDisk | None, action: Action) -> SystemDisk | None:
    if disk is None:
        return None
    if isinstance(action, AddPartition):
        partitions = tuple(sorted((*disk.table.partitions, action.partition)))
        return replace(disk, table=disk.table._replace(partitions=partitions))
    return replace(disk, whole=disk.whole | {action.label})
