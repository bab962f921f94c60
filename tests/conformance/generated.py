"""Generated values of any declared type: specs, resources, whole Inputs structs."""

import types
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import (
    Annotated,
    ForwardRef,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from hypothesis import strategies as st
from msgspec import Struct

from ichor.cosi.controller import All
from ichor.cosi.resource import Resource, Spec, resource

T = TypeVar("T")
Values = st.SearchStrategy[object]

WORDS = ["", "a", "eth0", "10.5.0.2", "10.5.0.0/24", "fd00::1", "https://10.5.0.1:6443", "true"]
IDS = st.sampled_from(["a", "b", "local", "eth0", "10.5.0.2/24"])
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
LABELS = st.dictionaries(st.sampled_from(["k", "owner"]), st.sampled_from(WORDS), max_size=2)
PLAIN: dict[object, Values] = {
    str: st.sampled_from(WORDS) | st.text(max_size=6),
    int: st.integers(-2, 9) | st.integers(0, 2**31),
    datetime: TIMES,
    object: st.none(),
}

JSON = st.none() | st.booleans() | st.sampled_from(WORDS)


def values(declared: object) -> Values:
    """Give a strategy for an annotation."""
    if isinstance(declared, ForwardRef):  # a JSON value, which names itself
        return JSON
    if declared in PLAIN:
        return PLAIN[declared]
    origin = get_origin(declared)
    if declared is Resource or origin is Resource:
        return _resources(get_args(declared)[0])
    if isinstance(declared, type) and issubclass(declared, Struct):
        return structs(declared)
    if origin is not None:
        return _composed(origin, get_args(declared))
    return st.from_type(declared)  # type: ignore[arg-type]  # any class hypothesis knows


def structs(struct: type[Struct]) -> Values:
    hints = hints_of(struct)
    parts = {name: values(hints[name]) for name in struct.__struct_fields__}
    # Not st.builds, which would resolve the annotations once more, by itself.
    return st.fixed_dictionaries(parts).map(lambda drawn: struct(**drawn))


def hints_of(declared: object) -> dict[str, object]:
    """Resolve annotations; JSON values name themselves in words only their own module knows."""
    names = {"Sequence": Sequence, "Mapping": Mapping, "Value": ForwardRef("Value")}
    return get_type_hints(declared, localns=names, include_extras=True)


def inputs(struct: type[Struct]) -> Values:
    """Give a strategy for the Inputs of a controller."""
    hints = hints_of(struct)
    return st.builds(struct, **{name: _input(hint) for name, hint in hints.items()})


def _input(hint: object) -> Values:
    marks = [part for part in get_args(hint) if isinstance(part, All) and part.spec is not None]
    if marks:
        return st.lists(_resources(marks[0].spec), max_size=3).map(_ordered)
    return values(hint)


def _composed(origin: object, parts: tuple[object, ...]) -> Values:
    if origin is Annotated:
        return values(parts[0])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([values(part) for part in parts])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=3)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if origin is tuple and parts[-1:] != (...,):
            return st.tuples(*map(values, parts))
        return st.lists(values(parts[0]), max_size=3).map(_ordered)
    if isinstance(origin, type) and issubclass(origin, frozenset):
        return st.frozensets(values(parts[0]), max_size=3)
    raise TypeError(f"no values for {origin!r}")


def _resources(spec: object) -> Values:
    if not (isinstance(spec, type) and issubclass(spec, Spec)):
        raise TypeError(f"no resources of {spec!r}")
    made = st.tuples(structs(spec), IDS, LABELS)
    return made.map(lambda parts: _resource(*parts))


def _resource(spec: object, id: str, labels: Mapping[str, str]) -> object:
    assert isinstance(spec, Spec)
    return resource(spec, id, labels=labels)


def _ordered(items: list[object]) -> tuple[object, ...]:
    """As the engine hands them over: one resource per id, ids ascending."""
    if not all(isinstance(item, Resource) for item in items):
        return tuple(items)
    by_id = {item.id: item for item in items if isinstance(item, Resource)}
    return tuple(by_id[id] for id in sorted(by_id))
