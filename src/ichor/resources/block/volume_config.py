"""How a volume is found, made, encrypted and mounted."""

from datetime import timedelta
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.block.kinds import (
    EncryptionKeyType,
    EncryptionProviderType,
    FilesystemType,
    FSParameterType,
    VolumeType,
)
from ichor.resources.fields import Expression, Octets, OmitEmpty, Part


class DiskSelector(Part, frozen=True, kw_only=True):
    match: OmitEmpty[Expression] = ""
    external: OmitEmpty[str] = ""


class Partition(Part, frozen=True, kw_only=True, rename="camel"):
    min_size: int = 0
    max_size: OmitEmpty[int] = 0
    relative_max_size: int = 0
    negative_max_size: bool = False
    grow: bool = False
    label: OmitEmpty[str] = ""
    type_uuid: OmitEmpty[str] = field(default="", name="typeUUID")


class Filesystem(Part, frozen=True, kw_only=True, rename="camel"):
    type: FilesystemType = FilesystemType.NONE
    label: OmitEmpty[str] = ""
    min_allocation_group_size: OmitEmpty[int] = 0


class Provisioning(Part, frozen=True, kw_only=True, rename="camel"):
    wave: OmitEmpty[int] = 0
    disk_selector: OmitEmpty[DiskSelector | None] = None
    partition_spec: OmitEmpty[Partition | None] = None
    filesystem_spec: OmitEmpty[Filesystem | None] = None


class EncryptionKey(Part, frozen=True, kw_only=True, rename="camel"):
    """static_passphrase: never shown; empty where it is not kept, and only its owner has it."""

    slot: int = 0
    type: EncryptionKeyType = EncryptionKeyType.STATIC
    lock_to_state: OmitEmpty[bool] = False
    static_passphrase: OmitEmpty[str] = ""
    kms_endpoint: OmitEmpty[str] = ""
    tpm_check_secureboot_status_on_enroll: OmitEmpty[bool] = False
    pcrs: OmitEmpty[tuple[int, ...]] = ()
    pub_key_pcrs: OmitEmpty[tuple[int, ...]] = ()

    def __repr__(self) -> str:
        return f"EncryptionKey(slot={self.slot}, type={self.type.value}, ...)"


class Encryption(Part, frozen=True, kw_only=True, rename="camel"):
    provider: EncryptionProviderType = EncryptionProviderType.NONE
    keys: tuple[EncryptionKey, ...] = ()
    cipher: OmitEmpty[str] = ""
    key_size: OmitEmpty[int] = 0
    block_size: OmitEmpty[int] = 0
    perf_options: OmitEmpty[tuple[str, ...]] = ()
    allow_discards: OmitEmpty[bool] = False


class Locator(Part, frozen=True, kw_only=True, rename="camel"):
    match: OmitEmpty[Expression] = ""
    disk_match: OmitEmpty[Expression] = ""


class Parameter(Part, frozen=True, kw_only=True):
    type: FSParameterType = FSParameterType.STRING
    name: str = ""
    string: OmitEmpty[str] = ""
    binary: OmitEmpty[Octets] = b""


class Mount(Part, frozen=True, kw_only=True, rename="camel"):
    target_path: str = ""
    selinux_label: str = ""
    project_quota_support: bool = False
    parent_id: OmitEmpty[str] = ""
    file_mode: OmitEmpty[int] = 0
    uid: OmitEmpty[int] = 0
    gid: OmitEmpty[int] = 0
    recursive_relabel: OmitEmpty[bool] = False
    bind_target: OmitEmpty[str] = ""
    parameters: OmitEmpty[tuple[Parameter, ...]] = ()
    secure: OmitEmpty[bool] = False
    no_exec: OmitEmpty[bool] = False


class SymlinkProvisioning(Part, frozen=True, kw_only=True, rename="camel"):
    symlink_target_path: str = ""
    force: bool = False


class VolumeConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="VolumeConfigs.block.talos.dev",
        namespace="runtime",
        aliases=("volumeconfig", "vc", "vcs"),
        sensitive=True,
    )
    parent_id: OmitEmpty[str] = ""
    type: VolumeType = VolumeType.PARTITION
    provisioning: Provisioning = Provisioning()
    encryption: OmitEmpty[Encryption | None] = None
    locator: Locator = Locator()
    mount: OmitEmpty[Mount | None] = None
    symlink: OmitEmpty[SymlinkProvisioning | None] = None
    trim_enabled: OmitEmpty[bool] = False
    trim_interval: OmitEmpty[timedelta] = timedelta()
    scrub_enabled: OmitEmpty[bool] = False
    scrub_interval: OmitEmpty[timedelta] = timedelta()
