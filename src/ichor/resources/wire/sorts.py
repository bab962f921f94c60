"""The fields of a structure as writers and readers need them: names, marks, what they hold.

`class X(Part): ips: OmitEmpty[tuple[Address, ...]] = ()` gives
`Slot("ips", "ips", Sort(MANY, str, marks={OMIT_EMPTY}), default=())`.
"""

import enum
import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from ichor.resources.fields import Mark


class Shape(enum.Enum):
    ONE = enum.auto()
    MAYBE = enum.auto()
    MANY = enum.auto()
    MAP = enum.auto()


class Sort(NamedTuple):
    """base: the class of one value, or of one item; what is more than that, as it is declared."""

    shape: Shape
    base: object
    marks: frozenset[Mark]

    @property
    def struct(self) -> type[Struct] | None:
        return self.base if isinstance(self.base, type) and issubclass(self.base, Struct) else None


class Slot(NamedTuple):
    attribute: str
    name: str
    sort: Sort


@cache
def slots(struct: type[Struct]) -> tuple[Slot, ...]:
    """The fields of a structure, in their order."""
    return tuple(
        Slot(field.name, field.encode_name, sort_of(field.type))
        for field in msgspec.structs.fields(struct)
    )


def inline_slot(struct: type[Struct]) -> Slot | None:
    """The only field of a structure, if that stands for the whole in YAML."""
    found = slots(struct)
    is_inline = len(found) == 1 and found[0].sort.marks & {Mark.INLINE, Mark.VERBATIM}
    return found[0] if is_inline else None


def sort_of(annotation: object) -> Sort:
    """Take an annotation apart: marks, shape, base."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = sort_of(arguments[0])
        marks = frozenset(mark for mark in arguments[1:] if isinstance(mark, Mark))
        return inner._replace(marks=inner.marks | marks)
    if origin in (Union, types.UnionType):
        inner = sort_of(arguments[0])
        is_maybe = len(arguments) == 2 and arguments[1] is types.NoneType
        if not is_maybe:
            return Sort(Shape.ONE, annotation, inner.marks)
        base = inner.base if inner.shape is Shape.ONE else arguments[0]
        return Sort(Shape.MAYBE, base, inner.marks)
    if origin is tuple and arguments[-1] is ...:
        inner = sort_of(arguments[0])
        if inner.shape is Shape.ONE:
            return inner._replace(shape=Shape.MANY)
        return Sort(Shape.MANY, arguments[0], inner.marks)
    if origin is Mapping and arguments[1] is not object:
        return sort_of(arguments[1])._replace(shape=Shape.MAP)
    return Sort(Shape.ONE, Mapping if origin is Mapping else annotation, frozenset())
