"""Specs as messages and back, led by the message's descriptor and the spec's own fields.

What is empty in a spec is not set in the message, so zero means absent both ways, as in proto3.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from msgspec import Struct

from ichor.resources.fields import NO_TIME
from ichor.resources.wire import single
from ichor.resources.wire.layout import Place, places
from ichor.resources.wire.leaves import from_wire, to_wire
from ichor.resources.wire.sorts import Shape, Sort

S = TypeVar("S", bound=Struct)


def fill(message: Message, spec: Struct) -> None:
    """Write a spec, or a part of one, into an empty message."""
    for place in places(type(spec), message.DESCRIPTOR):
        value = getattr(spec, place.slot.attribute)
        if _is_empty(value):
            continue
        target = message
        for step in place.path:
            target = getattr(target, step)
        _put(target, place.field, value, place.slot.sort)


def _is_empty(value: object) -> bool:
    return value in (None, "", b"", (), timedelta(), NO_TIME) or value == {}


def _put(message: Message, field: FieldDescriptor, value: object, sort: Sort) -> None:
    if sort.shape is Shape.MAP and isinstance(value, Mapping):
        _put_map(getattr(message, field.name), field, value, sort)
    elif sort.shape is Shape.MANY and isinstance(value, tuple):
        items = getattr(message, field.name)
        for item in value:
            if field.message_type is None:
                items.append(to_wire(field, item, sort.marks))
            else:
                _put_message(items.add(), item)
    elif field.message_type is None:
        setattr(message, field.name, to_wire(field, value, sort.marks))
    else:
        _put_message(getattr(message, field.name), value)


def _put_map(
    items: dict[object, object], field: FieldDescriptor, value: Mapping[object, object], sort: Sort
) -> None:
    inner = map_value(field)
    for key, item in value.items():
        if inner.message_type is None:
            items[key] = to_wire(inner, item, sort.marks)
        elif isinstance(found := items[key], Message):  # asking for it makes it
            _put_message(found, item)


def _put_message(message: Message, value: object) -> None:
    message.SetInParent()
    if isinstance(value, Struct):
        fill(message, value)
    else:
        single.put(message, value)


def read(message: Message, struct: type[S]) -> S:
    """Read a spec, or a part of one. Raises FormatError for a number that is no known word."""
    found: dict[str, object] = {}
    for place in places(struct, message.DESCRIPTOR):
        value = _take(message, place)
        if value is not None:
            found[place.slot.attribute] = value
    return struct(**found)


def _take(message: Message, place: Place) -> object:
    for step in place.path:
        message = getattr(message, step)
    field, sort = place.field, place.slot.sort
    raw = getattr(message, field.name)
    if sort.shape is Shape.MAP:
        inner = map_value(field)
        return {key: _value(inner, raw[key], sort) for key in raw}
    if sort.shape is Shape.MANY:
        return tuple(_value(field, item, sort) for item in raw)
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _value(field, raw, sort)


def _value(field: FieldDescriptor, raw: object, sort: Sort) -> object:
    if not isinstance(raw, Message):
        return from_wire(field, raw, sort.base, sort.marks)
    return single.take(raw) if sort.struct is None else read(raw, sort.struct)


def map_value(field: FieldDescriptor) -> FieldDescriptor:
    """The field of a map's values."""
    if field.message_type is None:
        raise LookupError(f"{field.full_name} is no map")
    return field.message_type.fields_by_name["value"]
