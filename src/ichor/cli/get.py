"""`ichor get`: resources of machines, as table, YAML, JSON or by JSONPath; once or for ever."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_any_machine
from ichor.cli.table import print_table
from ichor.errors import InputError, TransientError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.formats.jsonpath import Template
    from ichor.formats.yaml.values import Value
    from ichor.proto.cosi import resource_pb2 as pb
    from ichor.resources.meta.definition import ResourceDefinition

_JSONPATH: Final = "jsonpath="
_MARKS: Final = {"CREATED": "+", "UPDATED": " ", "DESTROYED": "-"}
_FIXED: Final = ("NODE", "NAMESPACE", "TYPE", "ID", "VERSION")


@click.command()
@click.argument("type_", metavar="TYPE")
@click.argument("id_", metavar="[ID]", required=False, default="")
@click.option("--namespace", default="", help="Default: where the type lives.")
@click.option("-o", "--output", default="table", show_default=True, help="yaml, json, jsonpath=...")
@click.option("-w", "--watch", is_flag=True, help="Go on with every change.")
@calls_any_machine
def get(target: Target, type_: str, id_: str, namespace: str, output: str, *, watch: bool) -> None:
    """Get resources of a TYPE, or the one with that ID. Types: get rd."""
    check(output)
    if watch:
        target.stream(lambda node, _: _watch(node, type_, id_, namespace, output))
        return

    async def ask(node: "Node") -> "tuple[ResourceDefinition, Sequence[pb.Resource]]":
        from ichor.client import definitions

        kind = await definitions.resolve(node, type_)
        where = namespace or kind.default_namespace
        if id_:
            return kind, [await definitions.get(node, where, kind.type, id_)]
        return kind, await definitions.listed(node, where, kind.type)

    target.each(ask, lambda answers: show(answers, output))


def check(output: str) -> None:
    """Refuse an output there is not, before anybody is called. Raises InputError."""
    if output not in {"table", "yaml", "json"} and not output.startswith(_JSONPATH):
        raise InputError(f"{output!r}: expected table, yaml, json or jsonpath=...", path="--output")
    if output.startswith(_JSONPATH):
        from ichor.formats.jsonpath import template

        template(output.removeprefix(_JSONPATH))


def show(
    answers: "Sequence[tuple[str, tuple[ResourceDefinition, Sequence[pb.Resource]]]]", output: str
) -> None:
    if output != "table":
        write = writer(output)
        for name, (_, resources) in answers:
            for one in resources:
                write(name, one)
        return
    kind = answers[0][1][0]
    columns = Columns(kind)
    rows = [columns.row(name, one) for name, (_, resources) in answers for one in resources]
    print_table([columns.heading(), *rows])


class Columns:
    """What a listing of a type shows."""

    def __init__(self, kind: "ResourceDefinition") -> None:
        from ichor.formats.jsonpath import template

        self._kind = kind
        self._more: list[tuple[str, Template]] = [
            (column.name.upper(), template(column.json_path)) for column in kind.print_columns
        ]

    def heading(self) -> list[str]:
        return [*_FIXED, *(name for name, _ in self._more)]

    def row(self, node: str, one: "pb.Resource") -> list[str]:
        about = one.metadata
        spec = spec_of(one)
        shown = [column.render(spec) for _, column in self._more]
        display = self._kind.display_type
        return [node, about.namespace, display, about.id, about.version, *shown]


def writer(output: str) -> "Callable[[str, pb.Resource], None]":
    """Give what prints one resource."""
    from ichor.formats.jsonpath import template
    from ichor.formats.yaml.write import dump

    if output.startswith(_JSONPATH):
        path = template(output.removeprefix(_JSONPATH))
        return lambda node, one: print(path.render(document(node, one)), flush=True)
    if output == "json":
        return lambda node, one: print(
            json.dumps(document(node, one), indent=4, ensure_ascii=False), flush=True
        )
    return lambda node, one: print("---\n" + dump(document(node, one)), end="", flush=True)


def document(node: str, one: "pb.Resource") -> "dict[str, Value]":
    about = one.metadata
    metadata: dict[str, Value] = {
        "namespace": about.namespace,
        "type": about.type,
        "id": about.id,
        "version": int(about.version) if about.version.isdecimal() else about.version,
        "owner": about.owner,
        "phase": about.phase,
        "created": about.created.ToJsonString(),
        "updated": about.updated.ToJsonString(),
    }
    for key, values in (("labels", about.labels), ("annotations", about.annotations)):
        if values:
            metadata[key] = dict(values)
    if about.finalizers:
        metadata["finalizers"] = list(about.finalizers)
    return {"node": node, "metadata": metadata, "spec": spec_of(one)}


def spec_of(one: "pb.Resource") -> "Value":
    """Give the value; a configuration is several documents, and stays the text it is."""
    from ichor.formats.yaml.values import load

    documents = load(one.spec.yaml_spec)
    if len(documents) > 1:
        return one.spec.yaml_spec
    return documents[0] if documents else None


async def _watch(node: "Node", type_: str, id_: str, namespace: str, output: str) -> None:
    from ichor.client import definitions
    from ichor.proto.cosi.resource_pb2 import EventType

    kind = await definitions.resolve(node, type_)
    where = namespace or kind.default_namespace
    printer = _Rows(node.name, kind, is_waiting=not id_) if output == "table" else None
    write = writer(output) if printer is None else None
    async for event in definitions.watched(node, where, kind.type, id_):
        name = EventType.Name(event.event_type)
        if name == "ERRORED":
            raise TransientError(event.error)
        if name == "BOOTSTRAPPED" and printer is not None:
            printer.flush()
        if name not in _MARKS or not event.HasField("resource"):
            continue
        if printer is not None:
            printer.write(_MARKS[name], event.resource)
        elif write is not None:
            write(node.name, event.resource)


class _Rows:
    """Rows one at a time: columns grow with what was seen, for nobody knows what comes.

    is_waiting: the present ones come first and together, which makes for even columns.
    """

    def __init__(self, node: str, kind: "ResourceDefinition", *, is_waiting: bool) -> None:
        self._node = node
        self._columns = Columns(kind)
        self._rows = [["*", *self._columns.heading()]]
        self._widths = [0] * len(self._rows[0])
        self._is_waiting = is_waiting

    def write(self, mark: str, one: "pb.Resource") -> None:
        self._rows.append([mark, *self._columns.row(self._node, one)])
        if not self._is_waiting:
            self.flush()

    def flush(self) -> None:
        self._is_waiting = False
        for row in self._rows:
            self._widths = [
                max(width, len(one)) for width, one in zip(self._widths, row, strict=True)
            ]
        for row in self._rows:
            cells = (one.ljust(width) for one, width in zip(row, self._widths, strict=True))
            print("   ".join(cells).rstrip(), flush=True)
        self._rows = []
