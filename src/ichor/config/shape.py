"""Structs as codecs: the shape of each document class is read once from its annotations.

Unknown fields name their nearest neighbour; fields the format knows and this OS does not act upon
yet are refused as such. Fields are written in the order of the class, defaults left out unless
marked ALWAYS.
"""

import functools
import typing
from collections.abc import Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import Final, Literal, NamedTuple, cast

import msgspec.structs
from msgspec import NODEFAULT

from ichor.config import codec
from ichor.config.codec import INVALID, Codec, Place, is_absent
from ichor.config.document import Part
from ichor.config.field import ALWAYS, BASE64, REPLACE, Args, Check, Range
from ichor.config.secret import Object, Secret
from ichor.formats.yaml.nodes import Entry, Fields, Node, Scalar
from ichor.formats.yaml.values import Value

_SIMPLE: Final[Mapping[object, Codec]] = {
    str: codec.Text(),
    bool: codec.Bool(),
    int: codec.Int(),
    timedelta: codec.Duration(),
    Secret: codec.SecretText(),
    Object: codec.FreeForm(),
}


class Member(NamedTuple):
    """attribute: in Python. name: in the document. default: NODEFAULT if required."""

    attribute: str
    name: str
    codec: Codec
    default: object
    always: bool
    replace: bool


class StructOf:
    def __init__(self, cls: type[Part], ignore: frozenset[str] = frozenset()) -> None:
        self.cls = cls
        self.members = {member.name: member for member in members(cls)}
        self.ignore = ignore

    def decode(self, node: Node, at: Place) -> object:
        if not isinstance(node, Fields):
            return at.fail(node, f"expected a map with {', '.join(self.members)}")
        values: dict[str, object] = {}
        good = True
        for entry in node.entries:
            value = self.field(entry, at)
            good = good and value is not INVALID
            member = self.members.get(entry.key)
            if member is not None and value is not NODEFAULT:
                values[member.attribute] = value
        good = self.complete(node, values, at) and good
        return self.build(node, values, at) if good else INVALID

    def field(self, entry: Entry, at: Place) -> object:
        """Decode one field; NODEFAULT stands for «as if it were left out»."""
        member = self.members.get(entry.key)
        if member is not None:
            if is_absent(entry.value):
                return NODEFAULT
            return member.codec.decode(entry.value, at.child(entry.key))
        if entry.key in self.ignore:
            return NODEFAULT
        place = at.child(entry.key)
        if entry.key in self.cls.UNSUPPORTED:
            problem = "known, not supported yet"
            return place.fail(_at(entry), problem, "remove the field")
        return place.fail(_at(entry), "unknown field", self.nearest(entry.key))

    def nearest(self, name: str) -> str:
        import difflib  # 10 ms, and only for who needs it

        known = [*self.members, *self.cls.UNSUPPORTED]
        lower = {option.lower(): option for option in known}
        found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
        if found:
            return f"did you mean {lower[found[0]]}?"
        return f"known here: {', '.join(sorted(known))}" if known else ""

    def complete(self, node: Node, values: dict[str, object], at: Place) -> bool:
        """Say whether each required field is there, at least as INVALID."""
        missing = [
            member.name
            for member in self.members.values()
            if member.default is NODEFAULT and member.attribute not in values
        ]
        if missing and not at.partial:
            for name in missing:
                at.child(name).fail(node, "a required field is missing")
        return not missing

    def build(self, node: Node, values: dict[str, object], at: Place) -> object:
        part = self.cls(**values)
        faults = [] if at.partial else list(part.faults())
        for fault in faults:
            place = at._replace(path=f"{at.path}.{fault.path}" if fault.path else at.path)
            place.fail(locate(node, fault.path), fault.message, fault.hint)
        return INVALID if faults else part

    def encode(self, value: object) -> Value:
        written: dict[str, Value] = {}
        for name, member in self.members.items():
            item: object = getattr(value, member.attribute)
            if item is not None and (member.always or item != member.default):
                written[name] = member.codec.encode(item)
        return written


def _at(entry: Entry) -> Node:
    return Scalar(entry.line, "", plain=True)


def locate(node: Node, path: str) -> Node:
    """Give the node at a path like `a.b`, or the nearest one above it that is there."""
    for name in path.split(".") if path else ():
        below = node.get(name) if isinstance(node, Fields) else None
        if below is None:
            break
        node = below
    return node


@functools.cache
def members(cls: type[Part]) -> tuple[Member, ...]:
    """Give the fields of a document class in their order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(
        Member(
            attribute=field.name,
            name=field.encode_name,
            codec=codec_of(hints[field.name]),
            default=_default(field),
            always=ALWAYS in _marks(hints[field.name]) or field.required,
            replace=REPLACE in _marks(hints[field.name]),
        )
        for field in msgspec.structs.fields(cls)
    )


def _default(field: msgspec.structs.FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is NODEFAULT else cast("object", factory())


def _marks(hint: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", getattr(hint, "__metadata__", ()))


@functools.cache
def struct_of(cls: type[Part], ignore: frozenset[str] = frozenset()) -> StructOf:
    return StructOf(cls, ignore)


def codec_of(hint: object) -> Codec:
    """Give the codec of an annotation. Raises TypeError for one that has none."""
    if _marks(hint):
        made = codec_of(typing.get_args(hint)[0])
        for mark in _marks(hint):
            if mark is BASE64:
                made = codec.Base64(made)
            elif isinstance(mark, Check | Range):
                made = codec.Checked(made, mark)
        return made
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, Part):
        return struct_of(hint)
    return _generic(hint)


def _generic(hint: object) -> Codec:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return codec.Choice(args)
    if origin is tuple:
        return codec.ListOf(codec_of(args[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return codec.MapOf(codec_of(args[1]))
    if origin in (UnionType, typing.Union):
        kinds = [arg for arg in args if arg is not NoneType]
        return codec_of(kinds[0]) if len(kinds) == 1 else codec.TextOrList()
    raise TypeError(f"no codec for {hint!r}; ours are in codec.py, {Args!r} is the one union")
