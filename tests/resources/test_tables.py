"""Every type agrees with the tables: definition, fields, their order, types and numbers."""

import importlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from msgspec import Struct

from ichor.resources.fields import Mark, Word
from ichor.resources.meta.describe import describe
from ichor.resources.modules import MODULES
from ichor.resources.registry import all_aliases, definition, display_type, spec_class
from ichor.resources.wire.codec import map_value
from ichor.resources.wire.layout import ROOT, message_class, places
from ichor.resources.wire.messages import MESSAGES
from ichor.resources.wire.numbers import FLAGS, OPEN_ENUMS
from ichor.resources.wire.sorts import Shape, Slot, Sort, slots
from tests.resources import tables

# Where the table gives no fields, and ours are our own: the spec has a form of its own in YAML.
OURS = {
    "MachineConfigs.config.talos.dev",
    "MachineTypes.config.talos.dev",
    "DNSUpstreams.net.talos.dev",
}
# Structures the table does not open.
CLOSED = {"k8s.kubelet.Mount", "k8s.manifest.SingleManifest", "meta.definition.PrintColumn"}
# Fields of a message that lie flat in YAML.
FLAT = {"masterName", "slaveIndex"}
PYTHON: dict[str, object] = {
    "string": str,
    "bool": bool,
    "float64": float,
    "time.Duration": timedelta,
    "time.Time": datetime,
    "bytes": bytes,
    "v1alpha1.Base64Bytes": bytes,
    "fs.FileMode": int,
    "map[string]any": Mapping,
}
TEXT = {
    "netip.Addr",
    "netip.AddrPort",
    "netip.Prefix",
    "url.URL",
    "cel.Expression",
    "yamlutils.StringBytes",
    "nethelpers.HardwareAddr",
    "nethelpers.LinkType",
    "nethelpers.RouteProtocol",
    "nethelpers.RoutingTable",
    "nethelpers.LinkFlags",
    "nethelpers.RouteFlags",
    "nethelpers.AddressFlags",
}
TYPES = pytest.mark.parametrize(
    "type", [type for type in MODULES if not type.endswith(".ichor.dev")]
)


@TYPES
def test_definition_is_that_of_the_table(type: str) -> None:
    row, found = tables.resources()[type], definition(type)
    assert found.type == type
    assert found.namespace == row["default_namespace"]
    assert display_type(type) == row["display_type"]
    assert list(found.aliases) == row["aliases"].split()
    assert found.sensitive == (row["sensitivity"] == "sensitive")
    columns = " ".join(f"{name.replace(' ', '_')}={path}" for name, path in found.columns.items())
    assert columns == row["print_columns"]
    assert " ".join(all_aliases(found)) == row["all_aliases"]
    assert describe(found).id == type.lower()


@TYPES
def test_message_is_that_of_the_table(type: str) -> None:
    kind = message_class(type)
    name = kind.DESCRIPTOR.full_name if kind is not None else ""
    assert name == tables.resources()[type]["spec_proto"]
    assert MESSAGES.get(type, name) in name


@TYPES
def test_fields_are_those_of_the_table_in_its_order(type: str) -> None:
    if type in OURS:
        return
    expected = [row["field"] for row in tables.fields()[type] if row["flags"] != "custom-yaml-form"]
    assert [path for path, _ in walk(spec_class(type))] == expected


@TYPES
def test_fields_are_omitted_and_typed_as_the_table_says(type: str) -> None:
    if type in OURS:
        return
    rows = {row["field"]: row for row in tables.fields()[type]}
    for path, slot in walk(spec_class(type)):
        omitted = Mark.OMIT_EMPTY in slot.sort.marks
        assert omitted == (rows[path]["flags"] == "omitempty"), path
        assert fits(slot.sort, rows[path]["yaml_type"]), (path, slot.sort)


@TYPES
def test_fields_have_the_numbers_of_the_table(type: str) -> None:
    kind = message_class(type)
    if kind is None:
        return
    rows = {row["field"]: row["proto_number"] for row in tables.fields()[type]}
    message = kind.DESCRIPTOR
    assert isinstance(message, Descriptor)
    for path, field in numbered(spec_class(type), message):
        assert str(field.number) == (rows.get(path) or str(field.number)), path


def walk(struct: type[Struct], prefix: str = "") -> Iterator[tuple[str, Slot]]:
    for slot in slots(struct):
        if Mark.INLINE in slot.sort.marks:
            continue
        yield prefix + slot.name, slot
        inner = slot.sort.struct
        if inner is not None and path_of(inner) not in CLOSED and not is_pem(inner):
            yield from walk(inner, prefix + slot.name + step(slot.sort))


def step(sort: Sort) -> str:
    return {Shape.MANY: "[].", Shape.MAP: "{}."}.get(sort.shape, ".")


def is_pem(struct: type[Struct]) -> bool:
    return struct.__module__ == "ichor.resources.fields"


def numbered(
    struct: type[Struct], message: Descriptor, prefix: str = ""
) -> Iterator[tuple[str, FieldDescriptor]]:
    for place in places(struct, message):
        slot, field = place.slot, place.field
        yield prefix + slot.name, field
        inner = field.message_type
        if slot.sort.struct is None or is_pem(slot.sort.struct) or inner is None:
            continue
        if slot.sort.shape is Shape.MAP:
            inner = map_value(field).message_type
        assert inner is not None
        yield from numbered(slot.sort.struct, inner, prefix + slot.name + step(slot.sort))


def fits(sort: Sort, kind: str) -> bool:
    shape = Shape.ONE
    if kind.startswith("[]") or kind.endswith("List"):
        shape, kind = Shape.MANY, kind.removeprefix("[]")
    elif kind.startswith("map[string]") and kind != "map[string]any":
        shape, kind = Shape.MAP, kind.removeprefix("map[string]")
    if (sort.shape is Shape.MAYBE) != (shape is Shape.ONE and is_left_out(sort)):
        return False
    return (sort.shape in (shape, Shape.MAYBE)) and base_fits(sort.base, kind)


def is_left_out(sort: Sort) -> bool:
    return sort.struct is not None and Mark.OMIT_EMPTY in sort.marks


def base_fits(base: object, kind: str) -> bool:
    if kind in PYTHON:
        return base is PYTHON[kind]
    if kind in TEXT:
        return base is str
    if re.fullmatch(r"u?int\d*", kind):
        return base is int
    if isinstance(base, type) and issubclass(base, Word):
        texts = {word.value: word.number for word in base}
        return kind == "spec.Sensitivity" or texts == tables.words()[kind]
    return isinstance(base, type) and issubclass(base, Struct)


def test_open_words_have_the_numbers_of_the_table() -> None:
    for name, known in OPEN_ENUMS.items():
        expected = tables.words()[f"nethelpers.{name.removeprefix('Nethelpers')}"]
        assert {text: one for text, one in expected.items() if text != str(one)} == known


def test_flags_have_the_bits_of_the_table() -> None:
    singular = {
        Mark.ADDRESS_FLAGS: "AddressFlag",
        Mark.LINK_FLAGS: "LinkFlag",
        Mark.ROUTE_FLAGS: "RouteFlag",
    }
    for mark, known in FLAGS.items():
        expected = tables.words()[f"nethelpers.{singular[mark]}"]
        single = {text: bit for text, bit in expected.items() if bit & (bit - 1) == 0}
        assert single == known


def test_every_field_of_the_messages_has_a_place() -> None:
    """What stays out is known: forms the tables do not give."""
    out = {"cri.BaseRuntimeSpecConfigSpec.object", "network.LinkSpecSpec.bond_slave"}
    missing = set()
    for type in MESSAGES:
        kind = message_class(type)
        assert kind is not None
        found = {place.field.name for place in places(spec_class(type), kind.DESCRIPTOR)}
        short = kind.DESCRIPTOR.full_name.removeprefix(ROOT)
        missing |= {
            f"{short}.{one.name}" for one in kind.DESCRIPTOR.fields if one.name not in found
        }
    assert missing == out


def test_well_known_ids_are_those_of_the_table() -> None:
    homes = {"kubeaccess": "k8s"}
    for row in tables.ids():
        domain = homes.get(row["package"], row["package"])
        if domain in {"storage", "containers", "security"}:
            continue
        module = importlib.import_module(f"ichor.resources.{domain}.ids")
        assert row["value"] in {str(value) for value in vars(module).values()}, row["name"]


def path_of(struct: type[Struct]) -> str:
    return f"{struct.__module__.removeprefix('ichor.resources.')}.{struct.__name__}"
