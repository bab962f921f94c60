from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttestRequest(_message.Message):
    __slots__ = ("nonce", "pcrs")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    PCRS_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    pcrs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, nonce: _Optional[bytes] = ..., pcrs: _Optional[_Iterable[int]] = ...) -> None: ...

class AttestResponse(_message.Message):
    __slots__ = ("quote", "signature", "attestation_key", "endorsement_key", "endorsement_certificate", "values", "event_log", "measured_log", "image")
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_KEY_FIELD_NUMBER: _ClassVar[int]
    ENDORSEMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    ENDORSEMENT_CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    EVENT_LOG_FIELD_NUMBER: _ClassVar[int]
    MEASURED_LOG_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    quote: bytes
    signature: bytes
    attestation_key: bytes
    endorsement_key: bytes
    endorsement_certificate: bytes
    values: _containers.RepeatedCompositeFieldContainer[PcrValue]
    event_log: bytes
    measured_log: bytes
    image: Image
    def __init__(self, quote: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., attestation_key: _Optional[bytes] = ..., endorsement_key: _Optional[bytes] = ..., endorsement_certificate: _Optional[bytes] = ..., values: _Optional[_Iterable[_Union[PcrValue, _Mapping]]] = ..., event_log: _Optional[bytes] = ..., measured_log: _Optional[bytes] = ..., image: _Optional[_Union[Image, _Mapping]] = ...) -> None: ...

class PcrValue(_message.Message):
    __slots__ = ("pcr", "value")
    PCR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    pcr: int
    value: bytes
    def __init__(self, pcr: _Optional[int] = ..., value: _Optional[bytes] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("version", "root_hash", "entry")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    version: str
    root_hash: bytes
    entry: str
    def __init__(self, version: _Optional[str] = ..., root_hash: _Optional[bytes] = ..., entry: _Optional[str] = ...) -> None: ...

class ActivateRequest(_message.Message):
    __slots__ = ("identity", "secret")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    identity: bytes
    secret: bytes
    def __init__(self, identity: _Optional[bytes] = ..., secret: _Optional[bytes] = ...) -> None: ...

class ActivateResponse(_message.Message):
    __slots__ = ("credential",)
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    credential: bytes
    def __init__(self, credential: _Optional[bytes] = ...) -> None: ...
