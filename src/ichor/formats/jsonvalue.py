"""JSON as typed values: what a Kubernetes object or an OCI runtime spec is made of.

Nothing here is mutable: a document is built once, read by path, and written. A path that is not
there gives the empty value of the kind asked for, because absence is normal in these formats.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import msgspec

from ichor.errors import FormatError

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
Object: TypeAlias = Mapping[str, Value]


def decode(raw: bytes) -> Value:
    """Read one JSON value. Raises FormatError."""
    try:
        return cast("Value", msgspec.json.decode(raw))
    except msgspec.DecodeError as err:
        raise FormatError(f"JSON ({err})") from err


def decode_object(raw: bytes) -> Object:
    """Read one JSON object. Raises FormatError."""
    value = decode(raw)
    if not isinstance(value, Mapping):
        raise FormatError("a JSON object")
    return value


def encode(value: Value) -> bytes:
    return msgspec.json.encode(value)


def canonical(value: Value) -> bytes:
    """Write a value with sorted keys: equal values give equal bytes."""
    return msgspec.json.encode(value, order="deterministic")


def at(value: Value, *path: str) -> Value:
    """Give what is at a path of keys; None if it is not there."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(value: Value, *path: str) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def whole(value: Value, *path: str) -> int:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def obj(value: Value, *path: str) -> Object:
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def seq(value: Value, *path: str) -> Sequence[Value]:
    found = at(value, *path)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def objs(value: Value, *path: str) -> tuple[Object, ...]:
    """Give the objects of the list at a path; other items are passed over."""
    return tuple(item for item in seq(value, *path) if isinstance(item, Mapping))


def texts(value: Value, *path: str) -> tuple[str, ...]:
    return tuple(item for item in seq(value, *path) if isinstance(item, str))


def strings(value: Value, *path: str) -> Mapping[str, str]:
    """Give the map of strings at a path (labels, annotations, data)."""
    found = obj(value, *path)
    return {key: item for key, item in found.items() if isinstance(item, str)}


def merge(base: Object, over: Object) -> Object:
    """Lay one object over another: objects are merged, any other value replaces."""
    merged: dict[str, Value] = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(cast("Object", below), cast("Object", value)) if both else value
    return merged
