"""Any spec, for laws that hold of all: built by hypothesis from the fields a spec declares."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st
from msgspec import Struct

from ichor.cosi.resource import EPOCH, Spec
from ichor.resources.fields import Mark, Word
from ichor.resources.wire.codec import map_value
from ichor.resources.wire.layout import Place, message_class, places
from ichor.resources.wire.numbers import FLAGS, OPEN_ENUMS
from ichor.resources.wire.sorts import Shape, Sort

S = TypeVar("S", bound=Struct)

text = st.text(st.characters(codec="utf-8", exclude_characters="\x85", categories=["L", "N", "P"]))
words = st.text("abcxyz019-./ :", min_size=1, max_size=12)
address = st.ip_addresses().map(str)
moments = st.timedeltas(timedelta(1), timedelta(50000)).map(lambda since: EPOCH + since)
objects = st.dictionaries(
    words,
    st.one_of(st.booleans(), st.integers(-99, 99), text, st.lists(words, max_size=2)),
    max_size=3,
)


def specs(kind: type[Spec]) -> st.SearchStrategy[Spec]:
    """Any spec whose message can carry it; the type must have a message."""
    message = message_class(kind.definition.type)
    assert message is not None
    return _structs(kind, [*places(kind, message.DESCRIPTOR)])


def _structs(kind: type[S], found: list[Place]) -> st.SearchStrategy[S]:
    fields = {place.slot.attribute: _shaped(place.field, place.slot.sort) for place in found}
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: kind(**values))


def _shaped(field: FieldDescriptor, sort: Sort) -> st.SearchStrategy[object]:
    if sort.shape is Shape.MAP:
        return st.dictionaries(words, _one(map_value(field), sort), max_size=2)
    if sort.shape is Shape.MANY:
        return st.lists(_one(field, sort), max_size=2).map(tuple)
    return _one(field, sort)


def _one(field: FieldDescriptor, sort: Sort) -> st.SearchStrategy[object]:
    if sort.struct is not None:
        assert field.message_type is not None
        return _structs(sort.struct, [*places(sort.struct, field.message_type)])
    if isinstance(sort.base, type) and issubclass(sort.base, Word):
        return st.sampled_from(list(sort.base))
    if field.message_type is not None:
        return _messages(field.message_type.name)
    if sort.base is str:
        return _texts(field, sort.marks)
    return _numbers(field, sort.base)


def _messages(name: str) -> st.SearchStrategy[object]:
    prefix = st.tuples(address, st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    port = st.tuples(address, st.integers(0, 65535)).map(lambda pair: _with_port(*pair))
    known: Mapping[str, st.SearchStrategy[object]] = {
        "NetIP": address,
        "NetIPPrefix": prefix,
        "NetIPPort": port,
        "URL": words,
        "Duration": st.timedeltas(timedelta(-9), timedelta(9)),
        "Timestamp": moments,
        "Struct": objects,
    }
    return known[name]


def _with_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ip_address(host).version == 6 else f"{host}:{port}"


def _texts(field: FieldDescriptor, marks: frozenset[Mark]) -> st.SearchStrategy[object]:
    if field.enum_type is not None:
        return st.sampled_from(list(OPEN_ENUMS[field.enum_type.name]))
    if Mark.HARDWARE in marks:
        return st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
    for mark in marks & FLAGS.keys():
        return _flags(list(FLAGS[mark]))
    return text


def _flags(names: list[str]) -> st.SearchStrategy[str]:
    return st.sets(st.sampled_from(names)).map(lambda some: ",".join(sorted(some, key=names.index)))


def _numbers(field: FieldDescriptor, base: object) -> st.SearchStrategy[object]:
    if base is bool:
        return st.booleans()
    if base is bytes:
        return st.binary(max_size=8)
    if base is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if field.type == FieldDescriptor.TYPE_INT64:
        return st.integers(-(2**63), 2**63 - 1)
    if field.type == FieldDescriptor.TYPE_INT32:
        return st.integers(-(2**31), 2**31 - 1)
    return st.integers(0, 2**32 - 1)
