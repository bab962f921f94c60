import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ichor.proto.definitions import enums_pb2 as _enums_pb2
from ichor.proto.google import expr_pb2 as _expr_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceSpec(_message.Message):
    __slots__ = ("type", "major", "minor", "partition_name", "partition_number", "generation", "device_path", "parent", "secondaries")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MAJOR_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    PARTITION_NAME_FIELD_NUMBER: _ClassVar[int]
    PARTITION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_PATH_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SECONDARIES_FIELD_NUMBER: _ClassVar[int]
    type: str
    major: int
    minor: int
    partition_name: str
    partition_number: int
    generation: int
    device_path: str
    parent: str
    secondaries: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, type: _Optional[str] = ..., major: _Optional[int] = ..., minor: _Optional[int] = ..., partition_name: _Optional[str] = ..., partition_number: _Optional[int] = ..., generation: _Optional[int] = ..., device_path: _Optional[str] = ..., parent: _Optional[str] = ..., secondaries: _Optional[_Iterable[str]] = ...) -> None: ...

class DiscoveredVolumeSpec(_message.Message):
    __slots__ = ("size", "sector_size", "io_size", "name", "uuid", "label", "block_size", "filesystem_block_size", "probed_size", "partition_uuid", "partition_type", "partition_label", "partition_index", "type", "device_path", "parent", "dev_path", "parent_dev_path", "pretty_size", "offset")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SECTOR_SIZE_FIELD_NUMBER: _ClassVar[int]
    IO_SIZE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    PROBED_SIZE_FIELD_NUMBER: _ClassVar[int]
    PARTITION_UUID_FIELD_NUMBER: _ClassVar[int]
    PARTITION_TYPE_FIELD_NUMBER: _ClassVar[int]
    PARTITION_LABEL_FIELD_NUMBER: _ClassVar[int]
    PARTITION_INDEX_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_PATH_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    DEV_PATH_FIELD_NUMBER: _ClassVar[int]
    PARENT_DEV_PATH_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    size: int
    sector_size: int
    io_size: int
    name: str
    uuid: str
    label: str
    block_size: int
    filesystem_block_size: int
    probed_size: int
    partition_uuid: str
    partition_type: str
    partition_label: str
    partition_index: int
    type: str
    device_path: str
    parent: str
    dev_path: str
    parent_dev_path: str
    pretty_size: str
    offset: int
    def __init__(self, size: _Optional[int] = ..., sector_size: _Optional[int] = ..., io_size: _Optional[int] = ..., name: _Optional[str] = ..., uuid: _Optional[str] = ..., label: _Optional[str] = ..., block_size: _Optional[int] = ..., filesystem_block_size: _Optional[int] = ..., probed_size: _Optional[int] = ..., partition_uuid: _Optional[str] = ..., partition_type: _Optional[str] = ..., partition_label: _Optional[str] = ..., partition_index: _Optional[int] = ..., type: _Optional[str] = ..., device_path: _Optional[str] = ..., parent: _Optional[str] = ..., dev_path: _Optional[str] = ..., parent_dev_path: _Optional[str] = ..., pretty_size: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class DiscoveredVolumesStatusSpec(_message.Message):
    __slots__ = ("ready",)
    READY_FIELD_NUMBER: _ClassVar[int]
    ready: bool
    def __init__(self, ready: _Optional[bool] = ...) -> None: ...

class DiscoveryRefreshRequestSpec(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: int
    def __init__(self, request: _Optional[int] = ...) -> None: ...

class DiscoveryRefreshStatusSpec(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: int
    def __init__(self, request: _Optional[int] = ...) -> None: ...

class DiskSelector(_message.Message):
    __slots__ = ("match", "external")
    MATCH_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_FIELD_NUMBER: _ClassVar[int]
    match: _expr_pb2.CheckedExpr
    external: str
    def __init__(self, match: _Optional[_Union[_expr_pb2.CheckedExpr, _Mapping]] = ..., external: _Optional[str] = ...) -> None: ...

class DiskSpec(_message.Message):
    __slots__ = ("size", "io_size", "sector_size", "readonly", "model", "serial", "modalias", "wwid", "bus_path", "sub_system", "transport", "rotational", "cdrom", "dev_path", "pretty_size", "secondary_disks", "uuid", "symlinks", "firmware_version")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    IO_SIZE_FIELD_NUMBER: _ClassVar[int]
    SECTOR_SIZE_FIELD_NUMBER: _ClassVar[int]
    READONLY_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    MODALIAS_FIELD_NUMBER: _ClassVar[int]
    WWID_FIELD_NUMBER: _ClassVar[int]
    BUS_PATH_FIELD_NUMBER: _ClassVar[int]
    SUB_SYSTEM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    ROTATIONAL_FIELD_NUMBER: _ClassVar[int]
    CDROM_FIELD_NUMBER: _ClassVar[int]
    DEV_PATH_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    SECONDARY_DISKS_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    SYMLINKS_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    size: int
    io_size: int
    sector_size: int
    readonly: bool
    model: str
    serial: str
    modalias: str
    wwid: str
    bus_path: str
    sub_system: str
    transport: str
    rotational: bool
    cdrom: bool
    dev_path: str
    pretty_size: str
    secondary_disks: _containers.RepeatedScalarFieldContainer[str]
    uuid: str
    symlinks: _containers.RepeatedScalarFieldContainer[str]
    firmware_version: str
    def __init__(self, size: _Optional[int] = ..., io_size: _Optional[int] = ..., sector_size: _Optional[int] = ..., readonly: _Optional[bool] = ..., model: _Optional[str] = ..., serial: _Optional[str] = ..., modalias: _Optional[str] = ..., wwid: _Optional[str] = ..., bus_path: _Optional[str] = ..., sub_system: _Optional[str] = ..., transport: _Optional[str] = ..., rotational: _Optional[bool] = ..., cdrom: _Optional[bool] = ..., dev_path: _Optional[str] = ..., pretty_size: _Optional[str] = ..., secondary_disks: _Optional[_Iterable[str]] = ..., uuid: _Optional[str] = ..., symlinks: _Optional[_Iterable[str]] = ..., firmware_version: _Optional[str] = ...) -> None: ...

class EncryptionKey(_message.Message):
    __slots__ = ("slot", "type", "static_passphrase", "kms_endpoint", "tpm_check_secureboot_status_on_enroll", "lock_to_state", "tpmpc_rs", "tpm_pub_key_pc_rs")
    SLOT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATIC_PASSPHRASE_FIELD_NUMBER: _ClassVar[int]
    KMS_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    TPM_CHECK_SECUREBOOT_STATUS_ON_ENROLL_FIELD_NUMBER: _ClassVar[int]
    LOCK_TO_STATE_FIELD_NUMBER: _ClassVar[int]
    TPMPC_RS_FIELD_NUMBER: _ClassVar[int]
    TPM_PUB_KEY_PC_RS_FIELD_NUMBER: _ClassVar[int]
    slot: int
    type: _enums_pb2.BlockEncryptionKeyType
    static_passphrase: bytes
    kms_endpoint: str
    tpm_check_secureboot_status_on_enroll: bool
    lock_to_state: bool
    tpmpc_rs: _containers.RepeatedScalarFieldContainer[int]
    tpm_pub_key_pc_rs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, slot: _Optional[int] = ..., type: _Optional[_Union[_enums_pb2.BlockEncryptionKeyType, str]] = ..., static_passphrase: _Optional[bytes] = ..., kms_endpoint: _Optional[str] = ..., tpm_check_secureboot_status_on_enroll: _Optional[bool] = ..., lock_to_state: _Optional[bool] = ..., tpmpc_rs: _Optional[_Iterable[int]] = ..., tpm_pub_key_pc_rs: _Optional[_Iterable[int]] = ...) -> None: ...

class EncryptionSpec(_message.Message):
    __slots__ = ("provider", "keys", "cipher", "key_size", "block_size", "perf_options", "allow_discards")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    CIPHER_FIELD_NUMBER: _ClassVar[int]
    KEY_SIZE_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    PERF_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_DISCARDS_FIELD_NUMBER: _ClassVar[int]
    provider: _enums_pb2.BlockEncryptionProviderType
    keys: _containers.RepeatedCompositeFieldContainer[EncryptionKey]
    cipher: str
    key_size: int
    block_size: int
    perf_options: _containers.RepeatedScalarFieldContainer[str]
    allow_discards: bool
    def __init__(self, provider: _Optional[_Union[_enums_pb2.BlockEncryptionProviderType, str]] = ..., keys: _Optional[_Iterable[_Union[EncryptionKey, _Mapping]]] = ..., cipher: _Optional[str] = ..., key_size: _Optional[int] = ..., block_size: _Optional[int] = ..., perf_options: _Optional[_Iterable[str]] = ..., allow_discards: _Optional[bool] = ...) -> None: ...

class FSScrubScheduleSpec(_message.Message):
    __slots__ = ("filesystem", "interval", "next_scrub")
    FILESYSTEM_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_SCRUB_FIELD_NUMBER: _ClassVar[int]
    filesystem: _enums_pb2.BlockFilesystemType
    interval: _duration_pb2.Duration
    next_scrub: _timestamp_pb2.Timestamp
    def __init__(self, filesystem: _Optional[_Union[_enums_pb2.BlockFilesystemType, str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., next_scrub: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FSScrubStatusSpec(_message.Message):
    __slots__ = ("mountpoint", "interval", "time", "duration", "status")
    MOUNTPOINT_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    mountpoint: str
    interval: _duration_pb2.Duration
    time: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    status: str
    def __init__(self, mountpoint: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., status: _Optional[str] = ...) -> None: ...

class FilesystemSpec(_message.Message):
    __slots__ = ("type", "label", "min_allocation_group_size")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    MIN_ALLOCATION_GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    type: _enums_pb2.BlockFilesystemType
    label: str
    min_allocation_group_size: int
    def __init__(self, type: _Optional[_Union[_enums_pb2.BlockFilesystemType, str]] = ..., label: _Optional[str] = ..., min_allocation_group_size: _Optional[int] = ...) -> None: ...

class LocatorSpec(_message.Message):
    __slots__ = ("match", "disk_match")
    MATCH_FIELD_NUMBER: _ClassVar[int]
    DISK_MATCH_FIELD_NUMBER: _ClassVar[int]
    match: _expr_pb2.CheckedExpr
    disk_match: _expr_pb2.CheckedExpr
    def __init__(self, match: _Optional[_Union[_expr_pb2.CheckedExpr, _Mapping]] = ..., disk_match: _Optional[_Union[_expr_pb2.CheckedExpr, _Mapping]] = ...) -> None: ...

class MountRequestSpec(_message.Message):
    __slots__ = ("volume_id", "parent_mount_id", "requesters", "requester_i_ds", "read_only", "detached", "disable_access_time", "secure", "no_exec")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTERS_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_I_DS_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    DETACHED_FIELD_NUMBER: _ClassVar[int]
    DISABLE_ACCESS_TIME_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    NO_EXEC_FIELD_NUMBER: _ClassVar[int]
    volume_id: str
    parent_mount_id: str
    requesters: _containers.RepeatedScalarFieldContainer[str]
    requester_i_ds: _containers.RepeatedScalarFieldContainer[str]
    read_only: bool
    detached: bool
    disable_access_time: bool
    secure: bool
    no_exec: bool
    def __init__(self, volume_id: _Optional[str] = ..., parent_mount_id: _Optional[str] = ..., requesters: _Optional[_Iterable[str]] = ..., requester_i_ds: _Optional[_Iterable[str]] = ..., read_only: _Optional[bool] = ..., detached: _Optional[bool] = ..., disable_access_time: _Optional[bool] = ..., secure: _Optional[bool] = ..., no_exec: _Optional[bool] = ...) -> None: ...

class MountSpec(_message.Message):
    __slots__ = ("target_path", "selinux_label", "project_quota_support", "parent_id", "file_mode", "uid", "gid", "recursive_relabel", "bind_target", "parameters", "secure", "no_exec")
    TARGET_PATH_FIELD_NUMBER: _ClassVar[int]
    SELINUX_LABEL_FIELD_NUMBER: _ClassVar[int]
    PROJECT_QUOTA_SUPPORT_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_MODE_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_RELABEL_FIELD_NUMBER: _ClassVar[int]
    BIND_TARGET_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    NO_EXEC_FIELD_NUMBER: _ClassVar[int]
    target_path: str
    selinux_label: str
    project_quota_support: bool
    parent_id: str
    file_mode: int
    uid: int
    gid: int
    recursive_relabel: bool
    bind_target: str
    parameters: _containers.RepeatedCompositeFieldContainer[ParameterSpec]
    secure: bool
    no_exec: bool
    def __init__(self, target_path: _Optional[str] = ..., selinux_label: _Optional[str] = ..., project_quota_support: _Optional[bool] = ..., parent_id: _Optional[str] = ..., file_mode: _Optional[int] = ..., uid: _Optional[int] = ..., gid: _Optional[int] = ..., recursive_relabel: _Optional[bool] = ..., bind_target: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[ParameterSpec, _Mapping]]] = ..., secure: _Optional[bool] = ..., no_exec: _Optional[bool] = ...) -> None: ...

class MountStatusSpec(_message.Message):
    __slots__ = ("spec", "target", "source", "filesystem", "read_only", "project_quota_support", "encryption_provider", "detached")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_QUOTA_SUPPORT_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    DETACHED_FIELD_NUMBER: _ClassVar[int]
    spec: MountRequestSpec
    target: str
    source: str
    filesystem: _enums_pb2.BlockFilesystemType
    read_only: bool
    project_quota_support: bool
    encryption_provider: _enums_pb2.BlockEncryptionProviderType
    detached: bool
    def __init__(self, spec: _Optional[_Union[MountRequestSpec, _Mapping]] = ..., target: _Optional[str] = ..., source: _Optional[str] = ..., filesystem: _Optional[_Union[_enums_pb2.BlockFilesystemType, str]] = ..., read_only: _Optional[bool] = ..., project_quota_support: _Optional[bool] = ..., encryption_provider: _Optional[_Union[_enums_pb2.BlockEncryptionProviderType, str]] = ..., detached: _Optional[bool] = ...) -> None: ...

class ParameterSpec(_message.Message):
    __slots__ = ("type", "name", "string", "binary")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRING_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    type: _enums_pb2.BlockFSParameterType
    name: str
    string: str
    binary: bytes
    def __init__(self, type: _Optional[_Union[_enums_pb2.BlockFSParameterType, str]] = ..., name: _Optional[str] = ..., string: _Optional[str] = ..., binary: _Optional[bytes] = ...) -> None: ...

class PartitionSpec(_message.Message):
    __slots__ = ("min_size", "max_size", "grow", "label", "type_uuid", "relative_max_size", "negative_max_size")
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    GROW_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TYPE_UUID_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    min_size: int
    max_size: int
    grow: bool
    label: str
    type_uuid: str
    relative_max_size: int
    negative_max_size: bool
    def __init__(self, min_size: _Optional[int] = ..., max_size: _Optional[int] = ..., grow: _Optional[bool] = ..., label: _Optional[str] = ..., type_uuid: _Optional[str] = ..., relative_max_size: _Optional[int] = ..., negative_max_size: _Optional[bool] = ...) -> None: ...

class ProvisioningSpec(_message.Message):
    __slots__ = ("disk_selector", "partition_spec", "wave", "filesystem_spec")
    DISK_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    PARTITION_SPEC_FIELD_NUMBER: _ClassVar[int]
    WAVE_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_SPEC_FIELD_NUMBER: _ClassVar[int]
    disk_selector: DiskSelector
    partition_spec: PartitionSpec
    wave: int
    filesystem_spec: FilesystemSpec
    def __init__(self, disk_selector: _Optional[_Union[DiskSelector, _Mapping]] = ..., partition_spec: _Optional[_Union[PartitionSpec, _Mapping]] = ..., wave: _Optional[int] = ..., filesystem_spec: _Optional[_Union[FilesystemSpec, _Mapping]] = ...) -> None: ...

class SwapStatusSpec(_message.Message):
    __slots__ = ("device", "size_bytes", "size_human", "used_bytes", "used_human", "priority", "type")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_HUMAN_FIELD_NUMBER: _ClassVar[int]
    USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    USED_HUMAN_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    device: str
    size_bytes: int
    size_human: str
    used_bytes: int
    used_human: str
    priority: int
    type: str
    def __init__(self, device: _Optional[str] = ..., size_bytes: _Optional[int] = ..., size_human: _Optional[str] = ..., used_bytes: _Optional[int] = ..., used_human: _Optional[str] = ..., priority: _Optional[int] = ..., type: _Optional[str] = ...) -> None: ...

class SymlinkProvisioningSpec(_message.Message):
    __slots__ = ("symlink_target_path", "force")
    SYMLINK_TARGET_PATH_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    symlink_target_path: str
    force: bool
    def __init__(self, symlink_target_path: _Optional[str] = ..., force: _Optional[bool] = ...) -> None: ...

class SymlinkSpec(_message.Message):
    __slots__ = ("paths",)
    PATHS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, paths: _Optional[_Iterable[str]] = ...) -> None: ...

class SystemDiskSpec(_message.Message):
    __slots__ = ("disk_id", "dev_path")
    DISK_ID_FIELD_NUMBER: _ClassVar[int]
    DEV_PATH_FIELD_NUMBER: _ClassVar[int]
    disk_id: str
    dev_path: str
    def __init__(self, disk_id: _Optional[str] = ..., dev_path: _Optional[str] = ...) -> None: ...

class TPMEncryptionOptionsInfo(_message.Message):
    __slots__ = ("pc_rs", "pub_key_pc_rs")
    PC_RS_FIELD_NUMBER: _ClassVar[int]
    PUB_KEY_PC_RS_FIELD_NUMBER: _ClassVar[int]
    pc_rs: _containers.RepeatedScalarFieldContainer[int]
    pub_key_pc_rs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, pc_rs: _Optional[_Iterable[int]] = ..., pub_key_pc_rs: _Optional[_Iterable[int]] = ...) -> None: ...

class UserDiskConfigStatusSpec(_message.Message):
    __slots__ = ("ready", "torn_down")
    READY_FIELD_NUMBER: _ClassVar[int]
    TORN_DOWN_FIELD_NUMBER: _ClassVar[int]
    ready: bool
    torn_down: bool
    def __init__(self, ready: _Optional[bool] = ..., torn_down: _Optional[bool] = ...) -> None: ...

class VolumeConfigSpec(_message.Message):
    __slots__ = ("parent_id", "type", "provisioning", "locator", "mount", "encryption", "symlink", "trim_enabled", "trim_interval", "scrub_enabled", "scrub_interval")
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PROVISIONING_FIELD_NUMBER: _ClassVar[int]
    LOCATOR_FIELD_NUMBER: _ClassVar[int]
    MOUNT_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_FIELD_NUMBER: _ClassVar[int]
    SYMLINK_FIELD_NUMBER: _ClassVar[int]
    TRIM_ENABLED_FIELD_NUMBER: _ClassVar[int]
    TRIM_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    SCRUB_ENABLED_FIELD_NUMBER: _ClassVar[int]
    SCRUB_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    parent_id: str
    type: _enums_pb2.BlockVolumeType
    provisioning: ProvisioningSpec
    locator: LocatorSpec
    mount: MountSpec
    encryption: EncryptionSpec
    symlink: SymlinkProvisioningSpec
    trim_enabled: bool
    trim_interval: _duration_pb2.Duration
    scrub_enabled: bool
    scrub_interval: _duration_pb2.Duration
    def __init__(self, parent_id: _Optional[str] = ..., type: _Optional[_Union[_enums_pb2.BlockVolumeType, str]] = ..., provisioning: _Optional[_Union[ProvisioningSpec, _Mapping]] = ..., locator: _Optional[_Union[LocatorSpec, _Mapping]] = ..., mount: _Optional[_Union[MountSpec, _Mapping]] = ..., encryption: _Optional[_Union[EncryptionSpec, _Mapping]] = ..., symlink: _Optional[_Union[SymlinkProvisioningSpec, _Mapping]] = ..., trim_enabled: _Optional[bool] = ..., trim_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., scrub_enabled: _Optional[bool] = ..., scrub_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class VolumeMountRequestSpec(_message.Message):
    __slots__ = ("volume_id", "requester", "read_only", "detached", "disable_access_time", "secure", "no_exec")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    DETACHED_FIELD_NUMBER: _ClassVar[int]
    DISABLE_ACCESS_TIME_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    NO_EXEC_FIELD_NUMBER: _ClassVar[int]
    volume_id: str
    requester: str
    read_only: bool
    detached: bool
    disable_access_time: bool
    secure: bool
    no_exec: bool
    def __init__(self, volume_id: _Optional[str] = ..., requester: _Optional[str] = ..., read_only: _Optional[bool] = ..., detached: _Optional[bool] = ..., disable_access_time: _Optional[bool] = ..., secure: _Optional[bool] = ..., no_exec: _Optional[bool] = ...) -> None: ...

class VolumeMountStatusSpec(_message.Message):
    __slots__ = ("volume_id", "requester", "target", "read_only", "detached", "disable_access_time", "secure", "no_exec")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    DETACHED_FIELD_NUMBER: _ClassVar[int]
    DISABLE_ACCESS_TIME_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    NO_EXEC_FIELD_NUMBER: _ClassVar[int]
    volume_id: str
    requester: str
    target: str
    read_only: bool
    detached: bool
    disable_access_time: bool
    secure: bool
    no_exec: bool
    def __init__(self, volume_id: _Optional[str] = ..., requester: _Optional[str] = ..., target: _Optional[str] = ..., read_only: _Optional[bool] = ..., detached: _Optional[bool] = ..., disable_access_time: _Optional[bool] = ..., secure: _Optional[bool] = ..., no_exec: _Optional[bool] = ...) -> None: ...

class VolumeStatusSpec(_message.Message):
    __slots__ = ("phase", "location", "error_message", "uuid", "partition_uuid", "pre_fail_phase", "parent_location", "partition_index", "size", "filesystem", "mount_location", "encryption_provider", "pretty_size", "encryption_failed_syncs", "mount_spec", "type", "configured_encryption_keys", "symlink_spec", "parent_id", "encryption_locked_to_state", "encryption_slot", "tpm_encryption_options", "encryption_allow_discards", "trim_enabled", "trim_interval", "scrub_enabled", "scrub_interval")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    PARTITION_UUID_FIELD_NUMBER: _ClassVar[int]
    PRE_FAIL_PHASE_FIELD_NUMBER: _ClassVar[int]
    PARENT_LOCATION_FIELD_NUMBER: _ClassVar[int]
    PARTITION_INDEX_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_FIELD_NUMBER: _ClassVar[int]
    MOUNT_LOCATION_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_FAILED_SYNCS_FIELD_NUMBER: _ClassVar[int]
    MOUNT_SPEC_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_ENCRYPTION_KEYS_FIELD_NUMBER: _ClassVar[int]
    SYMLINK_SPEC_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_LOCKED_TO_STATE_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_SLOT_FIELD_NUMBER: _ClassVar[int]
    TPM_ENCRYPTION_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_ALLOW_DISCARDS_FIELD_NUMBER: _ClassVar[int]
    TRIM_ENABLED_FIELD_NUMBER: _ClassVar[int]
    TRIM_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    SCRUB_ENABLED_FIELD_NUMBER: _ClassVar[int]
    SCRUB_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    phase: _enums_pb2.BlockVolumePhase
    location: str
    error_message: str
    uuid: str
    partition_uuid: str
    pre_fail_phase: _enums_pb2.BlockVolumePhase
    parent_location: str
    partition_index: int
    size: int
    filesystem: _enums_pb2.BlockFilesystemType
    mount_location: str
    encryption_provider: _enums_pb2.BlockEncryptionProviderType
    pretty_size: str
    encryption_failed_syncs: _containers.RepeatedScalarFieldContainer[str]
    mount_spec: MountSpec
    type: _enums_pb2.BlockVolumeType
    configured_encryption_keys: _containers.RepeatedScalarFieldContainer[str]
    symlink_spec: SymlinkProvisioningSpec
    parent_id: str
    encryption_locked_to_state: bool
    encryption_slot: int
    tpm_encryption_options: TPMEncryptionOptionsInfo
    encryption_allow_discards: bool
    trim_enabled: bool
    trim_interval: _duration_pb2.Duration
    scrub_enabled: bool
    scrub_interval: _duration_pb2.Duration
    def __init__(self, phase: _Optional[_Union[_enums_pb2.BlockVolumePhase, str]] = ..., location: _Optional[str] = ..., error_message: _Optional[str] = ..., uuid: _Optional[str] = ..., partition_uuid: _Optional[str] = ..., pre_fail_phase: _Optional[_Union[_enums_pb2.BlockVolumePhase, str]] = ..., parent_location: _Optional[str] = ..., partition_index: _Optional[int] = ..., size: _Optional[int] = ..., filesystem: _Optional[_Union[_enums_pb2.BlockFilesystemType, str]] = ..., mount_location: _Optional[str] = ..., encryption_provider: _Optional[_Union[_enums_pb2.BlockEncryptionProviderType, str]] = ..., pretty_size: _Optional[str] = ..., encryption_failed_syncs: _Optional[_Iterable[str]] = ..., mount_spec: _Optional[_Union[MountSpec, _Mapping]] = ..., type: _Optional[_Union[_enums_pb2.BlockVolumeType, str]] = ..., configured_encryption_keys: _Optional[_Iterable[str]] = ..., symlink_spec: _Optional[_Union[SymlinkProvisioningSpec, _Mapping]] = ..., parent_id: _Optional[str] = ..., encryption_locked_to_state: _Optional[bool] = ..., encryption_slot: _Optional[int] = ..., tpm_encryption_options: _Optional[_Union[TPMEncryptionOptionsInfo, _Mapping]] = ..., encryption_allow_discards: _Optional[bool] = ..., trim_enabled: _Optional[bool] = ..., trim_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., scrub_enabled: _Optional[bool] = ..., scrub_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class VolumeTrimScheduleSpec(_message.Message):
    __slots__ = ("filesystem", "interval", "next_trim")
    FILESYSTEM_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_TRIM_FIELD_NUMBER: _ClassVar[int]
    filesystem: _enums_pb2.BlockFilesystemType
    interval: _duration_pb2.Duration
    next_trim: _timestamp_pb2.Timestamp
    def __init__(self, filesystem: _Optional[_Union[_enums_pb2.BlockFilesystemType, str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., next_trim: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ZswapStatusSpec(_message.Message):
    __slots__ = ("total_size_bytes", "total_size_human", "stored_pages", "pool_limit_hit", "reject_reclaim_fail", "reject_alloc_fail", "reject_kmemcache_fail", "reject_compress_fail", "reject_compress_poor", "written_back_pages")
    TOTAL_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_HUMAN_FIELD_NUMBER: _ClassVar[int]
    STORED_PAGES_FIELD_NUMBER: _ClassVar[int]
    POOL_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    REJECT_RECLAIM_FAIL_FIELD_NUMBER: _ClassVar[int]
    REJECT_ALLOC_FAIL_FIELD_NUMBER: _ClassVar[int]
    REJECT_KMEMCACHE_FAIL_FIELD_NUMBER: _ClassVar[int]
    REJECT_COMPRESS_FAIL_FIELD_NUMBER: _ClassVar[int]
    REJECT_COMPRESS_POOR_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_BACK_PAGES_FIELD_NUMBER: _ClassVar[int]
    total_size_bytes: int
    total_size_human: str
    stored_pages: int
    pool_limit_hit: int
    reject_reclaim_fail: int
    reject_alloc_fail: int
    reject_kmemcache_fail: int
    reject_compress_fail: int
    reject_compress_poor: int
    written_back_pages: int
    def __init__(self, total_size_bytes: _Optional[int] = ..., total_size_human: _Optional[str] = ..., stored_pages: _Optional[int] = ..., pool_limit_hit: _Optional[int] = ..., reject_reclaim_fail: _Optional[int] = ..., reject_alloc_fail: _Optional[int] = ..., reject_kmemcache_fail: _Optional[int] = ..., reject_compress_fail: _Optional[int] = ..., reject_compress_poor: _Optional[int] = ..., written_back_pages: _Optional[int] = ...) -> None: ...
