from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ResealRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResealResponse(_message.Message):
    __slots__ = ("volume", "slot", "anew", "error")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    ANEW_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    volume: str
    slot: int
    anew: bool
    error: str
    def __init__(self, volume: _Optional[str] = ..., slot: _Optional[int] = ..., anew: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...
