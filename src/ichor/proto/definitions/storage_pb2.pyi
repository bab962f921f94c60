from ichor.proto.definitions import enums_pb2 as _enums_pb2
from ichor.proto.google import expr_pb2 as _expr_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LVMLogicalVolumeSpecSpec(_message.Message):
    __slots__ = ("vg_name", "name", "type", "size_bytes", "size_percent_vg", "mirrors", "stripes")
    VG_NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_PERCENT_VG_FIELD_NUMBER: _ClassVar[int]
    MIRRORS_FIELD_NUMBER: _ClassVar[int]
    STRIPES_FIELD_NUMBER: _ClassVar[int]
    vg_name: str
    name: str
    type: _enums_pb2.StorageLVMLogicalVolumeType
    size_bytes: int
    size_percent_vg: int
    mirrors: int
    stripes: int
    def __init__(self, vg_name: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[_Union[_enums_pb2.StorageLVMLogicalVolumeType, str]] = ..., size_bytes: _Optional[int] = ..., size_percent_vg: _Optional[int] = ..., mirrors: _Optional[int] = ..., stripes: _Optional[int] = ...) -> None: ...

class LVMLogicalVolumeStatusSpec(_message.Message):
    __slots__ = ("path", "dm_path", "name", "full_name", "vg_name", "uuid", "layout", "role", "permissions", "allocation_policy", "allocation_locked", "fixed_minor", "active", "active_locally", "active_remotely", "active_exclusively", "suspended", "device_open", "skip_activation", "merging", "converting", "size", "metadata_size", "read_ahead", "kernel_major", "kernel_minor", "origin", "origin_size", "pool_lv", "data_lv", "metadata_lv", "move_pv", "convert_lv", "when_full", "tags", "pretty_size")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DM_PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FULL_NAME_FIELD_NUMBER: _ClassVar[int]
    VG_NAME_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_POLICY_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_LOCKED_FIELD_NUMBER: _ClassVar[int]
    FIXED_MINOR_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_LOCALLY_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_REMOTELY_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_EXCLUSIVELY_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_OPEN_FIELD_NUMBER: _ClassVar[int]
    SKIP_ACTIVATION_FIELD_NUMBER: _ClassVar[int]
    MERGING_FIELD_NUMBER: _ClassVar[int]
    CONVERTING_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    METADATA_SIZE_FIELD_NUMBER: _ClassVar[int]
    READ_AHEAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_MAJOR_FIELD_NUMBER: _ClassVar[int]
    KERNEL_MINOR_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    POOL_LV_FIELD_NUMBER: _ClassVar[int]
    DATA_LV_FIELD_NUMBER: _ClassVar[int]
    METADATA_LV_FIELD_NUMBER: _ClassVar[int]
    MOVE_PV_FIELD_NUMBER: _ClassVar[int]
    CONVERT_LV_FIELD_NUMBER: _ClassVar[int]
    WHEN_FULL_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    path: str
    dm_path: str
    name: str
    full_name: str
    vg_name: str
    uuid: str
    layout: str
    role: str
    permissions: str
    allocation_policy: str
    allocation_locked: str
    fixed_minor: str
    active: str
    active_locally: str
    active_remotely: str
    active_exclusively: str
    suspended: str
    device_open: str
    skip_activation: str
    merging: str
    converting: str
    size: str
    metadata_size: str
    read_ahead: str
    kernel_major: str
    kernel_minor: str
    origin: str
    origin_size: str
    pool_lv: str
    data_lv: str
    metadata_lv: str
    move_pv: str
    convert_lv: str
    when_full: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    pretty_size: str
    def __init__(self, path: _Optional[str] = ..., dm_path: _Optional[str] = ..., name: _Optional[str] = ..., full_name: _Optional[str] = ..., vg_name: _Optional[str] = ..., uuid: _Optional[str] = ..., layout: _Optional[str] = ..., role: _Optional[str] = ..., permissions: _Optional[str] = ..., allocation_policy: _Optional[str] = ..., allocation_locked: _Optional[str] = ..., fixed_minor: _Optional[str] = ..., active: _Optional[str] = ..., active_locally: _Optional[str] = ..., active_remotely: _Optional[str] = ..., active_exclusively: _Optional[str] = ..., suspended: _Optional[str] = ..., device_open: _Optional[str] = ..., skip_activation: _Optional[str] = ..., merging: _Optional[str] = ..., converting: _Optional[str] = ..., size: _Optional[str] = ..., metadata_size: _Optional[str] = ..., read_ahead: _Optional[str] = ..., kernel_major: _Optional[str] = ..., kernel_minor: _Optional[str] = ..., origin: _Optional[str] = ..., origin_size: _Optional[str] = ..., pool_lv: _Optional[str] = ..., data_lv: _Optional[str] = ..., metadata_lv: _Optional[str] = ..., move_pv: _Optional[str] = ..., convert_lv: _Optional[str] = ..., when_full: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., pretty_size: _Optional[str] = ...) -> None: ...

class LVMPhysicalVolumeSpecSpec(_message.Message):
    __slots__ = ("device", "vg_name")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    VG_NAME_FIELD_NUMBER: _ClassVar[int]
    device: str
    vg_name: str
    def __init__(self, device: _Optional[str] = ..., vg_name: _Optional[str] = ...) -> None: ...

class LVMPhysicalVolumeStatusSpec(_message.Message):
    __slots__ = ("device", "vg_name", "uuid", "format", "allocatable", "exported", "missing", "in_use", "size", "device_size", "free", "used", "pe_count", "pe_alloc_count", "major", "minor", "tags", "pretty_size", "pretty_device_size", "pretty_free")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    VG_NAME_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    IN_USE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_SIZE_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    PE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PE_ALLOC_COUNT_FIELD_NUMBER: _ClassVar[int]
    MAJOR_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    PRETTY_DEVICE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PRETTY_FREE_FIELD_NUMBER: _ClassVar[int]
    device: str
    vg_name: str
    uuid: str
    format: str
    allocatable: str
    exported: str
    missing: str
    in_use: str
    size: str
    device_size: str
    free: str
    used: str
    pe_count: str
    pe_alloc_count: str
    major: str
    minor: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    pretty_size: str
    pretty_device_size: str
    pretty_free: str
    def __init__(self, device: _Optional[str] = ..., vg_name: _Optional[str] = ..., uuid: _Optional[str] = ..., format: _Optional[str] = ..., allocatable: _Optional[str] = ..., exported: _Optional[str] = ..., missing: _Optional[str] = ..., in_use: _Optional[str] = ..., size: _Optional[str] = ..., device_size: _Optional[str] = ..., free: _Optional[str] = ..., used: _Optional[str] = ..., pe_count: _Optional[str] = ..., pe_alloc_count: _Optional[str] = ..., major: _Optional[str] = ..., minor: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., pretty_size: _Optional[str] = ..., pretty_device_size: _Optional[str] = ..., pretty_free: _Optional[str] = ...) -> None: ...

class LVMRefreshRequestSpec(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: int
    def __init__(self, request: _Optional[int] = ...) -> None: ...

class LVMValidationErrorSpec(_message.Message):
    __slots__ = ("vg_name", "message")
    VG_NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    vg_name: str
    message: str
    def __init__(self, vg_name: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class LVMVolumeGroupSpecSpec(_message.Message):
    __slots__ = ("name", "physical_volumes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHYSICAL_VOLUMES_FIELD_NUMBER: _ClassVar[int]
    name: str
    physical_volumes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., physical_volumes: _Optional[_Iterable[str]] = ...) -> None: ...

class LVMVolumeGroupStatusSpec(_message.Message):
    __slots__ = ("name", "uuid", "format", "permissions", "extendable", "exported", "partial", "allocation_policy", "clustered", "shared", "size", "free", "extent_size", "extent_count", "free_extent_count", "max_lv", "max_pv", "lv_count", "pv_count", "snap_count", "missing_pv_count", "seq_no", "lock_type", "system_id", "tags", "pretty_size", "pretty_free")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    EXTENDABLE_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_POLICY_FIELD_NUMBER: _ClassVar[int]
    CLUSTERED_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    EXTENT_SIZE_FIELD_NUMBER: _ClassVar[int]
    EXTENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    FREE_EXTENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    MAX_LV_FIELD_NUMBER: _ClassVar[int]
    MAX_PV_FIELD_NUMBER: _ClassVar[int]
    LV_COUNT_FIELD_NUMBER: _ClassVar[int]
    PV_COUNT_FIELD_NUMBER: _ClassVar[int]
    SNAP_COUNT_FIELD_NUMBER: _ClassVar[int]
    MISSING_PV_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQ_NO_FIELD_NUMBER: _ClassVar[int]
    LOCK_TYPE_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PRETTY_SIZE_FIELD_NUMBER: _ClassVar[int]
    PRETTY_FREE_FIELD_NUMBER: _ClassVar[int]
    name: str
    uuid: str
    format: str
    permissions: str
    extendable: str
    exported: str
    partial: str
    allocation_policy: str
    clustered: str
    shared: str
    size: str
    free: str
    extent_size: str
    extent_count: str
    free_extent_count: str
    max_lv: str
    max_pv: str
    lv_count: str
    pv_count: str
    snap_count: str
    missing_pv_count: str
    seq_no: str
    lock_type: str
    system_id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    pretty_size: str
    pretty_free: str
    def __init__(self, name: _Optional[str] = ..., uuid: _Optional[str] = ..., format: _Optional[str] = ..., permissions: _Optional[str] = ..., extendable: _Optional[str] = ..., exported: _Optional[str] = ..., partial: _Optional[str] = ..., allocation_policy: _Optional[str] = ..., clustered: _Optional[str] = ..., shared: _Optional[str] = ..., size: _Optional[str] = ..., free: _Optional[str] = ..., extent_size: _Optional[str] = ..., extent_count: _Optional[str] = ..., free_extent_count: _Optional[str] = ..., max_lv: _Optional[str] = ..., max_pv: _Optional[str] = ..., lv_count: _Optional[str] = ..., pv_count: _Optional[str] = ..., snap_count: _Optional[str] = ..., missing_pv_count: _Optional[str] = ..., seq_no: _Optional[str] = ..., lock_type: _Optional[str] = ..., system_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., pretty_size: _Optional[str] = ..., pretty_free: _Optional[str] = ...) -> None: ...

class MDArraySpecSpec(_message.Message):
    __slots__ = ("level", "volume_selector", "metadata")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    VOLUME_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    level: _enums_pb2.StorageMDLevel
    volume_selector: _expr_pb2.CheckedExpr
    metadata: _enums_pb2.StorageMDMetadata
    def __init__(self, level: _Optional[_Union[_enums_pb2.StorageMDLevel, str]] = ..., volume_selector: _Optional[_Union[_expr_pb2.CheckedExpr, _Mapping]] = ..., metadata: _Optional[_Union[_enums_pb2.StorageMDMetadata, str]] = ...) -> None: ...

class MDArrayStatusSpec(_message.Message):
    __slots__ = ("level", "device", "members", "error", "status", "raid_devices", "uuid", "name", "metadata", "array_state", "sync_action")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RAID_DEVICES_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    ARRAY_STATE_FIELD_NUMBER: _ClassVar[int]
    SYNC_ACTION_FIELD_NUMBER: _ClassVar[int]
    level: _enums_pb2.StorageMDLevel
    device: str
    members: _containers.RepeatedScalarFieldContainer[str]
    error: str
    status: _enums_pb2.StorageMDArrayPhase
    raid_devices: int
    uuid: str
    name: str
    metadata: str
    array_state: str
    sync_action: str
    def __init__(self, level: _Optional[_Union[_enums_pb2.StorageMDLevel, str]] = ..., device: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ..., error: _Optional[str] = ..., status: _Optional[_Union[_enums_pb2.StorageMDArrayPhase, str]] = ..., raid_devices: _Optional[int] = ..., uuid: _Optional[str] = ..., name: _Optional[str] = ..., metadata: _Optional[str] = ..., array_state: _Optional[str] = ..., sync_action: _Optional[str] = ...) -> None: ...

class MDRefreshRequestSpec(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: int
    def __init__(self, request: _Optional[int] = ...) -> None: ...
