from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Hash(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HASH_UNSPECIFIED: _ClassVar[Hash]
    HASH_SHA256: _ClassVar[Hash]
    HASH_SHA384: _ClassVar[Hash]
    HASH_SHA512: _ClassVar[Hash]

class Scheme(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEME_UNSPECIFIED: _ClassVar[Scheme]
    SCHEME_RSA_PKCS1V15: _ClassVar[Scheme]
    SCHEME_RSA_PSS: _ClassVar[Scheme]
HASH_UNSPECIFIED: Hash
HASH_SHA256: Hash
HASH_SHA384: Hash
HASH_SHA512: Hash
SCHEME_UNSPECIFIED: Scheme
SCHEME_RSA_PKCS1V15: Scheme
SCHEME_RSA_PSS: Scheme

class CertificateResponse(_message.Message):
    __slots__ = ("cert_pem",)
    CERT_PEM_FIELD_NUMBER: _ClassVar[int]
    cert_pem: bytes
    def __init__(self, cert_pem: _Optional[bytes] = ...) -> None: ...

class PublicKeyResponse(_message.Message):
    __slots__ = ("pub_key_pem",)
    PUB_KEY_PEM_FIELD_NUMBER: _ClassVar[int]
    pub_key_pem: bytes
    def __init__(self, pub_key_pem: _Optional[bytes] = ...) -> None: ...

class SignRequest(_message.Message):
    __slots__ = ("digest", "hash", "scheme")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    hash: Hash
    scheme: Scheme
    def __init__(self, digest: _Optional[bytes] = ..., hash: _Optional[_Union[Hash, str]] = ..., scheme: _Optional[_Union[Scheme, str]] = ...) -> None: ...

class SignResponse(_message.Message):
    __slots__ = ("signature",)
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    def __init__(self, signature: _Optional[bytes] = ...) -> None: ...
