import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImageKeylessVerifierSpec(_message.Message):
    __slots__ = ("issuer", "subject", "subject_regex")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_REGEX_FIELD_NUMBER: _ClassVar[int]
    issuer: str
    subject: str
    subject_regex: str
    def __init__(self, issuer: _Optional[str] = ..., subject: _Optional[str] = ..., subject_regex: _Optional[str] = ...) -> None: ...

class ImagePublicKeyVerifierSpec(_message.Message):
    __slots__ = ("certificate",)
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    certificate: str
    def __init__(self, certificate: _Optional[str] = ...) -> None: ...

class ImageVerificationRuleSpec(_message.Message):
    __slots__ = ("image_pattern", "skip", "deny", "keyless_verifier", "public_key_verifier")
    IMAGE_PATTERN_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    DENY_FIELD_NUMBER: _ClassVar[int]
    KEYLESS_VERIFIER_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_VERIFIER_FIELD_NUMBER: _ClassVar[int]
    image_pattern: str
    skip: bool
    deny: bool
    keyless_verifier: ImageKeylessVerifierSpec
    public_key_verifier: ImagePublicKeyVerifierSpec
    def __init__(self, image_pattern: _Optional[str] = ..., skip: _Optional[bool] = ..., deny: _Optional[bool] = ..., keyless_verifier: _Optional[_Union[ImageKeylessVerifierSpec, _Mapping]] = ..., public_key_verifier: _Optional[_Union[ImagePublicKeyVerifierSpec, _Mapping]] = ...) -> None: ...

class TUFTrustedRootSpec(_message.Message):
    __slots__ = ("last_refresh_time", "json_data")
    LAST_REFRESH_TIME_FIELD_NUMBER: _ClassVar[int]
    JSON_DATA_FIELD_NUMBER: _ClassVar[int]
    last_refresh_time: _timestamp_pb2.Timestamp
    json_data: str
    def __init__(self, last_refresh_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., json_data: _Optional[str] = ...) -> None: ...
