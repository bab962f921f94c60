"""The protos say what the tables say, no less and no more, and generated files are fresh."""

import importlib
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor
from tools import proto_facts, proto_from_facts, proto_names

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "tests/facts"


SCALARS = {
    getattr(FieldDescriptor, f"TYPE_{kind.upper()}"): kind
    for kind in ["double", "float", "int64", "uint64", "int32", "bool", "string", "bytes", "uint32"]
}


@pytest.fixture(scope="module")
def facts() -> proto_facts.Facts:
    return proto_facts.read_facts(FACTS, FACTS / "ext")


def descriptors() -> list[FileDescriptor]:
    return [
        importlib.import_module(f"ichor.proto.{path.replace('/', '.')}_pb2").DESCRIPTOR
        for path in proto_from_facts.layout().values()
    ]


def kind_of(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        message = field.message_type
        if message.GetOptions().map_entry:
            inner = message.fields_by_name
            return f"map<{kind_of(inner['key'])},{kind_of(inner['value'])}>"
        return str(message.full_name)
    return str(field.enum_type.full_name) if field.enum_type is not None else SCALARS[field.type]


def label_of(field: FieldDescriptor) -> str:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return "map"
    if field.is_repeated:
        return "repeated"
    group = field.containing_oneof
    if group is None:
        return ""
    return "optional" if group.name == f"_{field.name}" else f"oneof:{group.name}"


def fields_of(message: Descriptor) -> list[tuple[str, int, str, str, bool]]:
    return sorted(
        (field.name, field.number, kind_of(field), label_of(field), field.GetOptions().deprecated)
        for field in message.fields
    )


def tree(message: Descriptor) -> list[Descriptor]:
    inner = [one for one in message.nested_types if not one.GetOptions().map_entry]
    return [message, *(found for one in inner for found in tree(one))]


def messages() -> dict[str, Descriptor]:
    tops = [one for file in descriptors() for one in file.message_types_by_name.values()]
    return {one.full_name: one for top in tops for one in tree(top)}


def enums() -> dict[str, EnumDescriptor]:
    found = [one for file in descriptors() for one in file.enum_types_by_name.values()]
    found += [one for message in messages().values() for one in message.enum_types]
    return {one.full_name: one for one in found}


def test_every_message_has_the_fields_of_the_table_and_no_others(facts: proto_facts.Facts) -> None:
    expected = {
        name: sorted(
            (field.name, field.number, field.type.replace(" ", ""), field.label, field.deprecated)
            for field in fields
            if field.label != "reserved"
        )
        for name, fields in facts.messages.items()
    }
    assert {name: fields_of(message) for name, message in messages().items()} == expected


def test_every_enum_has_the_values_of_the_table_and_no_others(facts: proto_facts.Facts) -> None:
    expected = {
        name: sorted((one.name, one.number) for one in values)
        for name, values in facts.enums.items()
    }
    found = {
        name: sorted((one.name, one.number) for one in enum.values)
        for name, enum in enums().items()
    }
    assert found == expected


def test_every_service_has_the_methods_of_the_table_and_no_others(facts: proto_facts.Facts) -> None:
    found = {
        (file.package, name): [
            proto_facts.Method(
                method.name,
                method.input_type.full_name,
                method.output_type.full_name,
                method.client_streaming,
                method.server_streaming,
                method.GetOptions().deprecated,
            )
            for method in service.methods
        ]
        for file in descriptors()
        for name, service in file.services_by_name.items()
    }
    assert found == facts.services


def test_both_families_of_tables_agree_where_both_speak() -> None:
    machine = proto_facts.read_facts(FACTS, FACTS / "ext")
    peers = proto_facts.Facts()
    proto_facts._add(peers, FACTS / "ext", "")
    for name in peers.messages.keys() & machine.messages.keys():
        assert plain(peers.messages[name]) == plain(machine.messages[name]), name


def plain(fields: list[proto_facts.Field]) -> list[tuple[str, int, str]]:
    return sorted((field.name, field.number, field.type) for field in fields)


def test_the_protos_are_what_the_tables_give(facts: proto_facts.Facts) -> None:
    texts = proto_from_facts.files(facts)
    on_disk = {
        str(path.relative_to(ROOT / "proto")): path.read_text()
        for path in (ROOT / "proto").rglob("*.proto")
        if path.parent.name != "ichor"
    }
    assert on_disk == texts


def test_what_is_ours_is_in_packages_of_ours() -> None:
    for path in (ROOT / "proto/ichor").glob("*.proto"):
        found = importlib.import_module(f"ichor.proto.ichor.{path.stem}_pb2").DESCRIPTOR
        assert found.package == f"ichor.{path.stem}.v1"


def test_generated_modules_are_fresh(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed")
    from tools import protoc

    for name in protoc.generate(tmp_path):
        assert (ROOT / "src" / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_a_name_captured_by_an_enclosing_message_is_written_in_full() -> None:
    facts = proto_facts.Facts(messages={"a.Outer": [], "a.Outer.Inner": [], "a.Inner": []})
    assert proto_names.relative("a.Inner", "a.Outer", facts) == ".a.Inner"
    assert proto_names.relative("a.Outer.Inner", "a.Inner", facts) == "Outer.Inner"
