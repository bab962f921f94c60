"""VolumeProvision: the partitions a machine makes at its first start, and their file systems.

runtime/VolumeProvision (all) ─► plan ─► SystemDisk ─► runtime/VolumeProvisionStatus
runtime/VolumeConfig    (all)                          runtime/VolumeStatus

What is there stays as it is: a partition is added, never moved, and a file system is made only
where none is whole. So a start that was cut off goes on where it was. How a volume is opened is
kept elsewhere before the volume is made, and again where its keeper, STATE, was made anew: once
its keys have been tried, for PID 1 does not come up with a volume that it cannot open.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.controllers.block.sizes import placed
from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.errors import Conflict
from ichor.formats.luks2 import Header
from ichor.ports.system_disk import (
    Action,
    AddPartition,
    KeepSettings,
    MakeFileSystem,
    SystemDisk,
    SystemDisks,
    TryKeys,
    VolumeSettings,
)
from ichor.resources.block.kinds import EncryptionProviderType, FilesystemType, VolumePhase
from ichor.resources.block.partition import STATE
from ichor.resources.block.provision import (
    NAMESPACE,
    VolumeProvision,
    VolumeProvisionStatus,
)
from ichor.resources.block.volume import VolumeStatus
from ichor.resources.block.volume_config import Encryption, VolumeConfig
from ichor.resources.block.volume_config import Partition as Size
from ichor.units import format_size


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, VolumeProvision], All(NAMESPACE)] = {}
    volumes: Annotated[Mapping[str, VolumeConfig], All(NAMESPACE)] = {}


def plan(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Action]:
    """Raises Conflict where the disk has no room, or what should be made is something else."""
    if observed is None:
        return
    table = observed.table
    yield from _other_settings(inputs.volumes, observed)
    labels = (label for one in inputs.asked.values() for label in one.labels)
    for label in (label for label in labels if label in inputs.volumes):
        volume = inputs.volumes[label]
        if not any(part.label == label for part in table.partitions):
            made = placed(table, label, volume.provisioning.partition_spec or Size())
            table = table._replace(partitions=(*table.partitions, made))
            yield AddPartition(made)
        if label in observed.foreign:
            raise Conflict(f"partition {label} of {observed.name} holds what is no whole XFS")
        if label not in observed.whole:
            yield KeepSettings(label, settings(volume))
            yield MakeFileSystem(label, volume.encryption)
        elif label in observed.encrypted and label not in observed.kept:
            yield TryKeys(label, volume.encryption)
            yield KeepSettings(label, settings(volume))


def settings(volume: VolumeConfig) -> VolumeSettings:
    secure = volume.mount is None or volume.mount.secure
    size = volume.provisioning.partition_spec or Size()
    return VolumeSettings(encryption=volume.encryption, secure=secure, size=size)


def _other_settings(
    volumes: Mapping[str, VolumeConfig], observed: SystemDisk
) -> Iterator[KeepSettings]:
    """Keep what has changed for the next start; keys stay those that the volume was made with."""
    for label in sorted(observed.whole - {STATE}) if STATE in observed.whole else ():
        kept = observed.kept.get(label)
        is_known = kept is not None or label not in observed.encrypted
        if label not in volumes or not is_known:
            continue
        keys = kept.encryption if kept is not None else None
        wanted = replace(settings(volumes[label]), encryption=keys)
        if wanted != kept:
            yield KeepSettings(label, wanted)


def report(inputs: Inputs, observed: SystemDisk | None) -> Iterator[Yield]:
    done = observed.whole & observed.kept.keys() if observed is not None else frozenset[str]()
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
    size, header = part.sectors * disk.table.sector, disk.encrypted.get(label)
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
        encryption_failed_syncs=tuple(differences(volume.encryption, header)) if is_whole else (),
        mount_spec=volume.mount,
    )
    return plain if header is None else encrypted(plain, header, volume.encryption)


def encrypted(plain: VolumeStatus, header: Header, wanted: Encryption | None) -> VolumeStatus:
    locked = wanted is not None and any(key.lock_to_state for key in wanted.keys)
    return replace(
        plain,
        uuid=header.uuid,
        encryption_provider=EncryptionProviderType.LUKS2,
        configured_encryption_keys=tuple(header.slots.values()),
        encryption_locked_to_state=locked,
    )


def differences(wanted: Encryption | None, header: Header | None) -> Iterator[str]:
    """Yield what the volume was made with otherwise than is wanted now."""
    asked = {key.slot: key.type.value for key in wanted.keys} if wanted is not None else {}
    held = header.slots if header is not None else {}
    for slot in sorted({*asked, *held}):
        old, new = held.get(slot, "empty"), asked.get(slot, "empty")
        if old != new:
            yield f"slot {slot} is {old}, {new} is wanted: when the volume is made anew"


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
