"""The system disk as its table and the labels of what was made on it."""

from msgspec.structs import replace

from ichor.formats.luks2 import MADE, Header
from ichor.ports.system_disk import Action, AddPartition, KeepSettings, SystemDisk, TryKeys


def model(disk: SystemDisk | None, action: Action) -> SystemDisk | None:
    if disk is None or isinstance(action, TryKeys):
        return disk
    if isinstance(action, KeepSettings):
        return replace(disk, kept={**disk.kept, action.label: action.settings})
    if isinstance(action, AddPartition):
        partitions = tuple(sorted((*disk.table.partitions, action.partition)))
        return replace(disk, table=disk.table._replace(partitions=partitions))
    encrypted = dict(disk.encrypted)
    if action.encryption is not None:
        slots = {key.slot: key.type.value for key in action.encryption.keys}
        encrypted[action.label] = Header(0, "", action.label, MADE, slots)
    return replace(disk, whole=disk.whole | {action.label}, encrypted=encrypted)
