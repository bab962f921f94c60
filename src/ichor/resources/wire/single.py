"""Messages that are one value to us: addresses, prefixes, URLs, times, durations, free objects."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from ichor.errors import FormatError
from ichor.proto.common.common_pb2 import URL, NetIP, NetIPPort, NetIPPrefix
from ichor.resources.wire.leaves import (
    join_port,
    pack_address,
    split_port,
    split_prefix,
    unpack_address,
)


def put(message: Message, value: object) -> None:
    """Write a value into its empty message. Raises FormatError if it does not fit."""
    match message, value:
        case Struct(), Mapping():
            ParseDict(dict(value), message)
        case Duration(), timedelta():
            message.FromTimedelta(value)
        case Timestamp(), datetime():
            message.FromDatetime(value)
        case _, str():
            _put_text(message, value)
        case _:
            raise FormatError(f"a {message.DESCRIPTOR.full_name}, not {value!r}")


def _put_text(message: Message, text: str) -> None:
    match message:
        case URL():
            message.full_path = text
        case NetIP():
            message.ip = pack_address(text) if text else b""
        case NetIPPort():
            address, message.port = split_port(text)
            message.ip = pack_address(address)
        case NetIPPrefix():
            address, message.prefix_length = split_prefix(text)
            message.ip = pack_address(address)
        case _:
            raise FormatError(f"a {message.DESCRIPTOR.full_name}, not {text!r}")


def take(message: Message) -> object:
    """Read the value. Raises FormatError for a message that is not one value."""
    match message:
        case Struct():
            return _whole(MessageToDict(message))
        case Duration():
            return message.ToTimedelta()
        case Timestamp():
            return message.ToDatetime(UTC)
        case URL():
            return message.full_path
        case NetIP():
            return unpack_address(message.ip)
        case NetIPPort():
            return join_port(unpack_address(message.ip), message.port)
        case NetIPPrefix():
            return f"{unpack_address(message.ip)}/{message.prefix_length}"
        case _:
            raise FormatError(f"a single value, not {message.DESCRIPTOR.full_name}")


def _whole(tree: object) -> object:
    """Numbers of google.protobuf.Struct are floats: those that are whole become int again."""
    if isinstance(tree, dict):
        return {key: _whole(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_whole(item) for item in tree]
    return int(tree) if isinstance(tree, float) and tree.is_integer() else tree
