from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VerifyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VerifyResponse(_message.Message):
    __slots__ = ("progress", "proof")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    progress: str
    proof: Proof
    def __init__(self, progress: _Optional[str] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class Proof(_message.Message):
    __slots__ = ("version", "entry", "image", "root", "salt", "blocks", "signer")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    version: str
    entry: str
    image: bytes
    root: bytes
    salt: bytes
    blocks: int
    signer: str
    def __init__(self, version: _Optional[str] = ..., entry: _Optional[str] = ..., image: _Optional[bytes] = ..., root: _Optional[bytes] = ..., salt: _Optional[bytes] = ..., blocks: _Optional[int] = ..., signer: _Optional[str] = ...) -> None: ...

class AllowOlderRequest(_message.Message):
    __slots__ = ("least",)
    LEAST_FIELD_NUMBER: _ClassVar[int]
    least: int
    def __init__(self, least: _Optional[int] = ...) -> None: ...

class AllowOlderResponse(_message.Message):
    __slots__ = ("before",)
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    before: int
    def __init__(self, before: _Optional[int] = ...) -> None: ...
