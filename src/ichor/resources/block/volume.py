"""Volumes as they are."""

from datetime import timedelta
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.block.kinds import (
    EncryptionProviderType,
    FilesystemType,
    VolumePhase,
    VolumeType,
)
from ichor.resources.block.volume_config import Mount, SymlinkProvisioning
from ichor.resources.fields import OmitEmpty, Part


class TPMEncryptionOptionsInfo(Part, frozen=True, kw_only=True, rename="camel"):
    pcrs: OmitEmpty[tuple[int, ...]] = ()
    pub_key_pcrs: OmitEmpty[tuple[int, ...]] = ()


class VolumeStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="VolumeStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("volumestatus", "vs"),
        columns={
            "Type": "{.type}",
            "Phase": "{.phase}",
            "Location": "{.location}",
            "Size": "{.prettySize}",
        },
    )
    phase: VolumePhase = VolumePhase.WAITING
    pre_fail_phase: OmitEmpty[VolumePhase] = VolumePhase.WAITING
    type: VolumeType = VolumeType.PARTITION
    parent_id: OmitEmpty[str] = field(default="", name="parentID")
    location: OmitEmpty[str] = ""
    mount_location: OmitEmpty[str] = ""
    partition_index: OmitEmpty[int] = 0
    parent_location: OmitEmpty[str] = ""
    uuid: OmitEmpty[str] = ""
    partition_uuid: OmitEmpty[str] = field(default="", name="partitionUUID")
    size: OmitEmpty[int] = 0
    pretty_size: OmitEmpty[str] = ""
    filesystem: OmitEmpty[FilesystemType] = FilesystemType.NONE
    encryption_provider: OmitEmpty[EncryptionProviderType] = EncryptionProviderType.NONE
    encryption_failed_syncs: OmitEmpty[tuple[str, ...]] = ()
    configured_encryption_keys: OmitEmpty[tuple[str, ...]] = ()
    encryption_locked_to_state: OmitEmpty[bool] = False
    encryption_slot: OmitEmpty[int] = 0
    tpm_encryption_options: OmitEmpty[TPMEncryptionOptionsInfo | None] = None
    encryption_allow_discards: OmitEmpty[bool] = False
    trim_enabled: OmitEmpty[bool] = False
    trim_interval: OmitEmpty[timedelta] = timedelta()
    scrub_enabled: OmitEmpty[bool] = False
    scrub_interval: OmitEmpty[timedelta] = timedelta()
    mount_spec: OmitEmpty[Mount | None] = None
    symlink: OmitEmpty[SymlinkProvisioning | None] = None
    error_message: OmitEmpty[str] = ""


class VolumeLifecycle(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="VolumeLifecycles.block.talos.dev",
        namespace="runtime",
        aliases=("volumelifecycle", "vl", "vls"),
    )
