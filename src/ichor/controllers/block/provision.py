"""VolumeProvision: the partitions a machine makes at its first start, and their file systems.

runtime/VolumeProvision (all) ─► plan ─► SystemDisk ─► runtime/VolumeProvisionStatus
runtime/VolumeConfig    (all)                          runtime/VolumeStatus

What is there stays as it is: a partition is added, never moved, and a file system is made only
where none is whole. So a start that was cut off goes on where it was. How a volume is opened is
kept elsewhere before the volume is made, and again where its keeper, STATE, was made anew.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.errors import Conflict
from ichor.formats.gpt import LINUX_DATA, Partition, Table, derived_id, free
from ichor.formats.luks2 import Header
from ichor.ports.system_disk import (
    Action,
    AddPartition,
    KeepSettings,
    MakeFileSystem,
    SystemDisk,
    SystemDisks,
    VolumeSettings,
)
from ichor.resources.block.kinds import EncryptionProviderType, FilesystemType, VolumePhase
from ichor.resources.block.partition import MIB
from ichor.resources.block.provision import (
    NAMESPACE,
    VolumeProvision,
    VolumeProvisionStatus,
)
from ichor.resources.block.volume import VolumeStatus
from ichor.resources.block.volume_config import Encryption, VolumeConfig
from ichor.resources.block.volume_config import Partition as Wanted
from ichor.units import format_size


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, VolumeProvision], All(NAMESPACE)] = {}
    volumes: Annotated[Mapping[str, VolumeConfig], All(NAMESPACE)] = {}


def plan(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Action]:
    """Raises Conflict where the disk has no room, or what should be made is something else."""
    if observed is None:
        return
    table = observed.table
    labels = (label for one in inputs.asked.values() for label in one.labels)
    for label in (label for label in labels if label in inputs.volumes):
        volume = inputs.volumes[label]
        if not any(part.label == label for part in table.partitions):
            made = placed(table, label, volume.provisioning.partition_spec or Wanted())
            table = table._replace(partitions=(*table.partitions, made))
            yield AddPartition(made)
        if label in observed.foreign:
            raise Conflict(f"partition {label} of {observed.name} holds what is no whole XFS")
        if label not in observed.whole & observed.kept:
            yield KeepSettings(label, settings(volume))
        if label not in observed.whole:
            yield MakeFileSystem(label, volume.encryption)


def settings(volume: VolumeConfig) -> VolumeSettings:
    secure = volume.mount is None or volume.mount.secure
    return VolumeSettings(encryption=volume.encryption, secure=secure)


def placed(table: Table, label: str, size: Wanted) -> Partition:
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


def limit(size: Wanted, room: int) -> int:
    """Give how many bytes of those it may have."""
    if size.relative_max_size:
        return room * size.relative_max_size // 100
    if size.negative_max_size:
        return max(room - size.max_size, 0)
    return min(room, size.max_size or room)


def report(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Yield]:
    done = observed.whole & observed.kept if observed is not None else frozenset[str]()
    for id, one in inputs.asked.items():
        there = tuple(label for label in one.labels if label in done)
        yield id, VolumeProvisionStatus(labels=there)
    if observed is not None:
        for label, volume in inputs.volumes.items():
            yield label, status(label, volume, observed)


def status(label: str, volume: VolumeConfig, disk: SystemDisk) -> VolumeStatus:
    if not disk.has(label):
        return VolumeStatus(phase=VolumePhase.WAITING)
    part, is_whole = disk.part(label), label in disk.whole
    size = part.sectors * disk.table.sector
    plain = VolumeStatus(
        phase=VolumePhase.READY if is_whole else VolumePhase.LOCATED,
        location=disk.path(part),
        mount_location=disk.volume(label),
        parent_location=f"/dev/{disk.name}",
        partition_index=part.number,
        partition_uuid=str(part.id),
        size=size,
        pretty_size=format_size(size),
        filesystem=FilesystemType.XFS if is_whole else FilesystemType.NONE,
        mount_spec=volume.mount,
    )
    header = disk.encrypted.get(label)
    return plain if header is None else encrypted(plain, header, volume.encryption)


def encrypted(plain: VolumeStatus, header: Header, wanted: Encryption | None) -> VolumeStatus:
    """Add what its header says, which may be other than what is wanted now."""
    locked = wanted is not None and any(key.lock_to_state for key in wanted.keys)
    return replace(
        plain,
        uuid=header.uuid,
        encryption_provider=EncryptionProviderType.LUKS2,
        configured_encryption_keys=tuple(header.slots.values()),
        encryption_locked_to_state=locked,
    )


def volume_provision(port: SystemDisks) -> Actuator[Inputs, SystemDisk | None, Action]:
    return Actuator(
        name="block.VolumeProvision",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(VolumeProvisionStatus), Out(VolumeStatus)],
        report=report,
    )
