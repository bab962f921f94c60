#!/usr/bin/env python3
"""Write proto/**/*.proto from the interface tables.

    tools/proto_from_facts.py [FACTS [PEERS [OUT]]]     ../shared/facts ../shared/facts-ext proto

Names, numbers, types and labels come from the tables and nowhere else; which file a package goes to
comes from proto/packages.tsv. One file per package, so the graph of imports is that of packages.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.proto_facts import WELL_KNOWN, Facts, Field, Method, Value, read_facts, rows
from tools.proto_names import package_of, parent, relative

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "ichor/proto/"


def layout() -> dict[str, str]:
    """Package -> path below proto/, without suffix."""
    return {row["package"]: row["path"] for row in rows(ROOT / "proto/packages.tsv")}


def option(deprecated: bool) -> str:
    return " [deprecated = true]" if deprecated else ""


def enum(name: str, values: list[Value], pad: str) -> Iterator[str]:
    yield f"{pad}enum {name.rpartition('.')[2]} {{"
    numbers = [value.number for value in values]
    if len(set(numbers)) < len(numbers):
        yield f"{pad}  option allow_alias = true;"
    for value in sorted(values, key=lambda value: value.number != 0):  # proto3: zero comes first
        yield f"{pad}  {value.name} = {value.number}{option(value.deprecated)};"
    yield f"{pad}}}"


def line(field: Field, scope: str, facts: Facts) -> str:
    if field.label == "reserved":
        return f"reserved {field.number};"
    word = field.label + " " if field.label in ("repeated", "optional") else ""
    kind = relative(field.type, scope, facts)
    return f"{word}{kind} {field.name} = {field.number}{option(field.deprecated)};"


def fields(name: str, facts: Facts, pad: str) -> Iterator[str]:
    """The fields in table order; members of a oneof gathered where its first one stands."""
    done: set[str] = set()
    for field in facts.messages[name]:
        group = field.label.removeprefix("oneof:")
        if group == field.label:
            yield pad + line(field, name, facts)
        elif group not in done:
            done.add(group)
            yield f"{pad}oneof {group} {{"
            for member in facts.messages[name]:
                if member.label == field.label:
                    yield f"{pad}  {line(member, name, facts)}"
            yield f"{pad}}}"


def message(name: str, facts: Facts, pad: str) -> Iterator[str]:
    yield f"{pad}message {name.rpartition('.')[2]} {{"
    for inner, values in facts.enums.items():
        if parent(inner) == name:
            yield from enum(inner, values, pad + "  ")
    for inner in facts.messages:
        if parent(inner) == name:
            yield from message(inner, facts, pad + "  ")
    yield from fields(name, facts, pad + "  ")
    yield f"{pad}}}"


def service(package: str, name: str, methods: list[Method], facts: Facts) -> Iterator[str]:
    yield f"service {name} {{"
    for method in methods:
        scope = f"{package}.{name}"
        request = "stream " * method.client_stream + relative(method.request, scope, facts)
        response = "stream " * method.server_stream + relative(method.response, scope, facts)
        end = " { option deprecated = true; }" if method.deprecated else ";"
        yield f"  rpc {method.name}({request}) returns ({response}){end}"
    yield "}"


def imports(package: str, facts: Facts, paths: dict[str, str]) -> Iterator[str]:
    kinds: set[str] = set()
    for name, found in facts.messages.items():
        if package_of(name) == package:
            kinds |= {field.type.split(",")[-1].strip(" >") for field in found}
    for (owner, _), methods in facts.services.items():
        if owner == package:
            kinds |= {kind for method in methods for kind in (method.request, method.response)}
    for kind in kinds:
        if kind in WELL_KNOWN:
            yield WELL_KNOWN[kind]
        elif "." in kind and package_of(kind) != package:
            yield f"{PREFIX}{paths[package_of(kind)]}.proto"


def file(package: str, facts: Facts, paths: dict[str, str]) -> str:
    lines = [f"// Package {package}, made from the interface tables by tools/proto_from_facts.py."]
    lines += ['syntax = "proto3";', f"package {package};"]
    lines += [f'import "{name}";' for name in sorted(set(imports(package, facts, paths)))]
    for (owner, name), methods in facts.services.items():
        if owner == package:
            lines += ["", *service(package, name, methods, facts)]
    for name, values in facts.enums.items():
        if parent(name) == package:
            lines += ["", *enum(name, values, "")]
    for name in facts.messages:
        if parent(name) == package:
            lines += ["", *message(name, facts, "")]
    return "\n".join(lines) + "\n"


def files(facts: Facts) -> dict[str, str]:
    """Path below proto/ -> text, for every package the tables speak of."""
    paths = layout()
    names = [*facts.messages, *facts.enums]
    packages = {package_of(name) for name in names} | {package for package, _ in facts.services}
    if unplaced := packages - paths.keys():
        sys.exit(f"proto/packages.tsv: no path for {', '.join(sorted(unplaced))}")
    return {f"{paths[one]}.proto": file(one, facts, paths) for one in sorted(packages)}


def main(
    machine: str = "../shared/facts", peers: str = "../shared/facts-ext", out: str = ""
) -> None:
    base = Path(out) if out else ROOT / "proto"
    texts = files(read_facts(Path(machine), Path(peers)))
    for old in base.rglob("*.proto"):
        if str(old.relative_to(base)) not in texts:
            old.unlink()
    for name, text in texts.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(text)
    print(f"{len(texts)} files below {base}")


if __name__ == "__main__":
    main(*sys.argv[1:])
