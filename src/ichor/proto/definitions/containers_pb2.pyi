from ichor.proto.definitions import enums_pb2 as _enums_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContainerDependsOnSpec(_message.Message):
    __slots__ = ("paths", "networks", "time", "containers")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    NETWORKS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CONTAINERS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    networks: _containers.RepeatedScalarFieldContainer[str]
    time: bool
    containers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., networks: _Optional[_Iterable[str]] = ..., time: _Optional[bool] = ..., containers: _Optional[_Iterable[str]] = ...) -> None: ...

class ContainerImageSpec(_message.Message):
    __slots__ = ("ref",)
    REF_FIELD_NUMBER: _ClassVar[int]
    ref: str
    def __init__(self, ref: _Optional[str] = ...) -> None: ...

class ContainerImageStatusSpec(_message.Message):
    __slots__ = ("phase", "image", "digest", "error")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    phase: _enums_pb2.ContainersContainerImagePhase
    image: str
    digest: str
    error: str
    def __init__(self, phase: _Optional[_Union[_enums_pb2.ContainersContainerImagePhase, str]] = ..., image: _Optional[str] = ..., digest: _Optional[str] = ..., error: _Optional[str] = ...) -> None: ...

class ContainerInstanceSpecSpec(_message.Message):
    __slots__ = ("container_id", "generation", "image", "entrypoint", "args", "working_dir", "run_as", "environment", "mounts", "security", "network", "resources")
    CONTAINER_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ENTRYPOINT_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIR_FIELD_NUMBER: _ClassVar[int]
    RUN_AS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    MOUNTS_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    container_id: str
    generation: int
    image: str
    entrypoint: _containers.RepeatedScalarFieldContainer[str]
    args: _containers.RepeatedScalarFieldContainer[str]
    working_dir: str
    run_as: ContainerRunAsSpec
    environment: _containers.RepeatedScalarFieldContainer[str]
    mounts: _containers.RepeatedCompositeFieldContainer[ResolvedMountSpec]
    security: ContainerSecuritySpec
    network: ContainerNetworkSpec
    resources: ContainerResourcesSpec
    def __init__(self, container_id: _Optional[str] = ..., generation: _Optional[int] = ..., image: _Optional[str] = ..., entrypoint: _Optional[_Iterable[str]] = ..., args: _Optional[_Iterable[str]] = ..., working_dir: _Optional[str] = ..., run_as: _Optional[_Union[ContainerRunAsSpec, _Mapping]] = ..., environment: _Optional[_Iterable[str]] = ..., mounts: _Optional[_Iterable[_Union[ResolvedMountSpec, _Mapping]]] = ..., security: _Optional[_Union[ContainerSecuritySpec, _Mapping]] = ..., network: _Optional[_Union[ContainerNetworkSpec, _Mapping]] = ..., resources: _Optional[_Union[ContainerResourcesSpec, _Mapping]] = ...) -> None: ...

class ContainerMountSpec(_message.Message):
    __slots__ = ("kind", "volume_id", "source", "destination", "size", "options")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    volume_id: str
    source: str
    destination: str
    size: int
    options: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[str] = ..., volume_id: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., size: _Optional[int] = ..., options: _Optional[_Iterable[str]] = ...) -> None: ...

class ContainerNetworkSpec(_message.Message):
    __slots__ = ("host_network",)
    HOST_NETWORK_FIELD_NUMBER: _ClassVar[int]
    host_network: bool
    def __init__(self, host_network: _Optional[bool] = ...) -> None: ...

class ContainerResourcesSpec(_message.Message):
    __slots__ = ("memory_limit", "cpu_limit")
    MEMORY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    CPU_LIMIT_FIELD_NUMBER: _ClassVar[int]
    memory_limit: int
    cpu_limit: int
    def __init__(self, memory_limit: _Optional[int] = ..., cpu_limit: _Optional[int] = ...) -> None: ...

class ContainerRunAsSpec(_message.Message):
    __slots__ = ("uid", "gid")
    UID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    gid: int
    def __init__(self, uid: _Optional[int] = ..., gid: _Optional[int] = ...) -> None: ...

class ContainerSecuritySpec(_message.Message):
    __slots__ = ("privileged", "capabilities_add", "capabilities_drop")
    PRIVILEGED_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_ADD_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_DROP_FIELD_NUMBER: _ClassVar[int]
    privileged: bool
    capabilities_add: _containers.RepeatedScalarFieldContainer[str]
    capabilities_drop: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, privileged: _Optional[bool] = ..., capabilities_add: _Optional[_Iterable[str]] = ..., capabilities_drop: _Optional[_Iterable[str]] = ...) -> None: ...

class ContainerSpecSpec(_message.Message):
    __slots__ = ("image", "entrypoint", "args", "working_dir", "run_as", "environment", "mounts", "security", "network", "resources", "depends_on")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ENTRYPOINT_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIR_FIELD_NUMBER: _ClassVar[int]
    RUN_AS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    MOUNTS_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    DEPENDS_ON_FIELD_NUMBER: _ClassVar[int]
    image: ContainerImageSpec
    entrypoint: _containers.RepeatedScalarFieldContainer[str]
    args: _containers.RepeatedScalarFieldContainer[str]
    working_dir: str
    run_as: ContainerRunAsSpec
    environment: _containers.RepeatedScalarFieldContainer[str]
    mounts: _containers.RepeatedCompositeFieldContainer[ContainerMountSpec]
    security: ContainerSecuritySpec
    network: ContainerNetworkSpec
    resources: ContainerResourcesSpec
    depends_on: ContainerDependsOnSpec
    def __init__(self, image: _Optional[_Union[ContainerImageSpec, _Mapping]] = ..., entrypoint: _Optional[_Iterable[str]] = ..., args: _Optional[_Iterable[str]] = ..., working_dir: _Optional[str] = ..., run_as: _Optional[_Union[ContainerRunAsSpec, _Mapping]] = ..., environment: _Optional[_Iterable[str]] = ..., mounts: _Optional[_Iterable[_Union[ContainerMountSpec, _Mapping]]] = ..., security: _Optional[_Union[ContainerSecuritySpec, _Mapping]] = ..., network: _Optional[_Union[ContainerNetworkSpec, _Mapping]] = ..., resources: _Optional[_Union[ContainerResourcesSpec, _Mapping]] = ..., depends_on: _Optional[_Union[ContainerDependsOnSpec, _Mapping]] = ...) -> None: ...

class ResolvedMountSpec(_message.Message):
    __slots__ = ("kind", "source", "destination", "size", "options")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    source: str
    destination: str
    size: int
    options: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., size: _Optional[int] = ..., options: _Optional[_Iterable[str]] = ...) -> None: ...
