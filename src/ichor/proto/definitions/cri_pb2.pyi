from google.protobuf import struct_pb2 as _struct_pb2
from ichor.proto.common import common_pb2 as _common_pb2
from ichor.proto.definitions import enums_pb2 as _enums_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BaseRuntimeSpecConfigSpec(_message.Message):
    __slots__ = ("object",)
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    object: _struct_pb2.Struct
    def __init__(self, object: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class CustomizationConfigSpec(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: str
    def __init__(self, content: _Optional[str] = ...) -> None: ...

class ImageCacheConfigSpec(_message.Message):
    __slots__ = ("status", "roots", "copy_status")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ROOTS_FIELD_NUMBER: _ClassVar[int]
    COPY_STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _enums_pb2.CriImageCacheStatus
    roots: _containers.RepeatedScalarFieldContainer[str]
    copy_status: _enums_pb2.CriImageCacheCopyStatus
    def __init__(self, status: _Optional[_Union[_enums_pb2.CriImageCacheStatus, str]] = ..., roots: _Optional[_Iterable[str]] = ..., copy_status: _Optional[_Union[_enums_pb2.CriImageCacheCopyStatus, str]] = ...) -> None: ...

class RegistriesConfigSpec(_message.Message):
    __slots__ = ("registry_mirrors", "registry_auths", "registry_tl_ss")
    class RegistryMirrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: RegistryMirrorConfig
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[RegistryMirrorConfig, _Mapping]] = ...) -> None: ...
    class RegistryAuthsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: RegistryAuthConfig
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[RegistryAuthConfig, _Mapping]] = ...) -> None: ...
    class RegistryTlSsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: RegistryTLSConfig
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[RegistryTLSConfig, _Mapping]] = ...) -> None: ...
    REGISTRY_MIRRORS_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTHS_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_TL_SS_FIELD_NUMBER: _ClassVar[int]
    registry_mirrors: _containers.MessageMap[str, RegistryMirrorConfig]
    registry_auths: _containers.MessageMap[str, RegistryAuthConfig]
    registry_tl_ss: _containers.MessageMap[str, RegistryTLSConfig]
    def __init__(self, registry_mirrors: _Optional[_Mapping[str, RegistryMirrorConfig]] = ..., registry_auths: _Optional[_Mapping[str, RegistryAuthConfig]] = ..., registry_tl_ss: _Optional[_Mapping[str, RegistryTLSConfig]] = ...) -> None: ...

class RegistryAuthConfig(_message.Message):
    __slots__ = ("registry_username", "registry_password", "registry_auth", "registry_identity_token")
    REGISTRY_USERNAME_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_IDENTITY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    registry_username: str
    registry_password: str
    registry_auth: str
    registry_identity_token: str
    def __init__(self, registry_username: _Optional[str] = ..., registry_password: _Optional[str] = ..., registry_auth: _Optional[str] = ..., registry_identity_token: _Optional[str] = ...) -> None: ...

class RegistryEndpointConfig(_message.Message):
    __slots__ = ("endpoint_endpoint", "endpoint_override_path")
    ENDPOINT_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_OVERRIDE_PATH_FIELD_NUMBER: _ClassVar[int]
    endpoint_endpoint: str
    endpoint_override_path: bool
    def __init__(self, endpoint_endpoint: _Optional[str] = ..., endpoint_override_path: _Optional[bool] = ...) -> None: ...

class RegistryMirrorConfig(_message.Message):
    __slots__ = ("mirror_endpoints", "mirror_skip_fallback")
    MIRROR_ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    MIRROR_SKIP_FALLBACK_FIELD_NUMBER: _ClassVar[int]
    mirror_endpoints: _containers.RepeatedCompositeFieldContainer[RegistryEndpointConfig]
    mirror_skip_fallback: bool
    def __init__(self, mirror_endpoints: _Optional[_Iterable[_Union[RegistryEndpointConfig, _Mapping]]] = ..., mirror_skip_fallback: _Optional[bool] = ...) -> None: ...

class RegistryTLSConfig(_message.Message):
    __slots__ = ("tls_client_identity", "tlsca", "tls_insecure_skip_verify")
    TLS_CLIENT_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    TLSCA_FIELD_NUMBER: _ClassVar[int]
    TLS_INSECURE_SKIP_VERIFY_FIELD_NUMBER: _ClassVar[int]
    tls_client_identity: _common_pb2.PEMEncodedCertificateAndKey
    tlsca: bytes
    tls_insecure_skip_verify: bool
    def __init__(self, tls_client_identity: _Optional[_Union[_common_pb2.PEMEncodedCertificateAndKey, _Mapping]] = ..., tlsca: _Optional[bytes] = ..., tls_insecure_skip_verify: _Optional[bool] = ...) -> None: ...

class SeccompProfileSpec(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...
