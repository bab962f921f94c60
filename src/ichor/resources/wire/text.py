"""Specs as YAML text and back: fields in the order of the spec, words and durations as text.

Text that other readers might take for something else (`on`, `1.0`) is quoted by the writer.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar

import msgspec
from msgspec import Struct

from ichor.config.secret import HIDDEN, Secret
from ichor.errors import FormatError, InputError
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump
from ichor.resources.fields import Mark, Word
from ichor.resources.wire.sorts import Shape, Sort, inline_slot, slots
from ichor.units import format_duration, parse_duration

S = TypeVar("S", bound=Struct)


def to_yaml(spec: Struct) -> str:
    slot = inline_slot(type(spec))
    if slot is not None and Mark.VERBATIM in slot.sort.marks:
        return str(getattr(spec, slot.attribute))
    return dump(_tree(spec)).removesuffix("...\n")


def from_yaml(text: str, struct: type[S]) -> S:
    """Read what `to_yaml` wrote. Raises FormatError."""
    slot = inline_slot(struct)
    if slot is not None and Mark.VERBATIM in slot.sort.marks:
        return struct(**{slot.attribute: text})
    try:
        [tree] = load(text)
        return _grown(tree, struct)
    except (InputError, msgspec.ValidationError, ValueError) as err:
        raise FormatError(f"a {struct.__name__}: {err}") from err


def _tree(spec: Struct) -> Value:
    slot = inline_slot(type(spec))
    if slot is not None:
        return _leaf(getattr(spec, slot.attribute), slot.sort)
    found: dict[str, Value] = dict(_tag(spec))
    for slot in slots(type(spec)):
        value = getattr(spec, slot.attribute)
        if Mark.OMIT_EMPTY in slot.sort.marks and _is_zero(value):
            continue
        found[slot.name] = _leaf(value, slot.sort)
    return found


def _tag(spec: Struct) -> Iterator[tuple[str, str]]:
    """Say which of several structures it is, where its field may hold any of them."""
    config = spec.__struct_config__
    if config.tag is not None:
        yield str(config.tag_field), str(config.tag)


def _is_zero(value: object) -> bool:
    if isinstance(value, Word):
        return value.number == 0
    return not value and not isinstance(value, Struct)


def _leaf(value: object, sort: Sort) -> Value:
    if isinstance(value, Struct):
        return _tree(value)
    if isinstance(value, Mapping):
        return {str(key): _leaf(item, sort) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_leaf(item, sort) for item in value]
    if isinstance(value, bytes) and Mark.OCTETS in sort.marks:
        return list(value)
    return _scalar(value)


def _scalar(value: object) -> str | int | float | None:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise FormatError(f"something that YAML can say, not {type(value).__name__}")


def _grown(tree: object, struct: type[S]) -> S:
    slot = inline_slot(struct)
    if slot is not None:
        return struct(**{slot.attribute: _value(tree, slot.sort)})
    if not isinstance(tree, dict):
        raise FormatError(f"a mapping for {struct.__name__}, not {type(tree).__name__}")
    known = {slot.name: slot for slot in slots(struct)}
    if unknown := tree.keys() - known.keys():
        raise FormatError(f"fields of {struct.__name__}, not {', '.join(sorted(unknown))}")
    values = {known[name].attribute: _shaped(item, known[name].sort) for name, item in tree.items()}
    return struct(**values)


def _shaped(tree: object, sort: Sort) -> object:
    if tree is None and sort.shape is Shape.MAYBE:
        return None
    if sort.shape is Shape.MANY and isinstance(tree, list):
        return tuple(_value(item, sort) for item in tree)
    if sort.shape is Shape.MAP and isinstance(tree, dict):
        return {key: _value(item, sort) for key, item in tree.items()}
    return _value(tree, sort)


def _value(tree: object, sort: Sort) -> object:
    if sort.struct is not None:
        return _grown(tree, sort.struct)
    if sort.base is timedelta:
        return parse_duration(str(tree))
    if sort.base is bytes and isinstance(tree, list):
        return bytes(tree)
    if sort.base is Mapping:
        return tree
    return msgspec.convert(tree, sort.base, dec_hook=_foreign)


def _foreign(kind: type, tree: object) -> object:
    """Take a secret, of which the text says only that there is one."""
    if kind is Secret:
        return Secret(str(tree))
    raise NotImplementedError(kind)
