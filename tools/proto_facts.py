"""The interface tables read into plain rows: messages, enums and services by full name.

Two families of tables with different columns (the machine API's and its peers') become one shape.
Where both speak of the same name the machine API's row counts, and the peers' is left out.
"""

import csv
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_SIGNED = ("Int32", "Int64", "Float", "Double")

# Types that protobuf itself brings: full name -> file to import.
WELL_KNOWN = {
    f"google.protobuf.{name}": f"google/protobuf/{file}.proto"
    for file, names in {
        "any": ["Any"],
        "duration": ["Duration"],
        "empty": ["Empty"],
        "field_mask": ["FieldMask"],
        "struct": ["Struct", "Value", "ListValue", "NullValue"],
        "timestamp": ["Timestamp"],
        "wrappers": [
            f"{kind}Value" for kind in (*_SIGNED, "UInt32", "UInt64", "Bool", "String", "Bytes")
        ],
    }.items()
    for name in names
}


@dataclass(frozen=True)
class Field:
    name: str
    number: int
    type: str
    label: str
    deprecated: bool


@dataclass(frozen=True)
class Value:
    name: str
    number: int
    deprecated: bool


@dataclass(frozen=True)
class Method:
    name: str
    request: str
    response: str
    client_stream: bool
    server_stream: bool
    deprecated: bool


@dataclass
class Facts:
    """messages and enums by full name; services by (package, name)."""

    messages: dict[str, list[Field]] = field(default_factory=dict)
    enums: dict[str, list[Value]] = field(default_factory=dict)
    services: dict[tuple[str, str], list[Method]] = field(default_factory=dict)

    @cached_property
    def packages(self) -> frozenset[str]:
        """Every package that has messages, and those it lies in."""
        found: set[str] = set()
        for name in self.messages:
            words = name.split(".")
            end = next(index for index, word in enumerate(words) if word[0].isupper())
            found |= {".".join(words[:count]) for count in range(1, end + 1)}
        return frozenset(found)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _field(row: dict[str, str]) -> Field | None:
    label = row["label"]
    if label == "empty" or not (row["field"] or label == "reserved"):
        return None
    deprecated = bool(row.get("deprecated")) or "deprecated" in row.get("note", "")
    kind = row["type"]
    return Field(row["field"], int(row["number"]), kind, label, deprecated)


def _is_yes(text: str) -> bool:
    return text in ("stream", "yes")


def _add(facts: Facts, folder: Path, prefix: str) -> None:
    messages: dict[str, list[Field]] = {}
    for row in rows(folder / f"{prefix}messages.tsv"):
        found = messages.setdefault(row["message"], [])
        if (one := _field(row)) is not None:
            found.append(one)
    enums: dict[str, list[Value]] = {}
    for row in rows(folder / f"{prefix}enums.tsv"):
        name = row.get("value_name") or row["value"]
        value = Value(name, int(row["number"]), bool(row.get("deprecated")))
        enums.setdefault(row["enum"], []).append(value)
    services: dict[tuple[str, str], list[Method]] = {}
    for row in rows(folder / f"{prefix}services.tsv"):
        deprecated = bool(row.get("deprecated")) or "deprecated" in row.get("note", "")
        streams = _is_yes(row["client_stream"]), _is_yes(row["server_stream"])
        method = Method(row["method"], row["request"], row["response"], *streams, deprecated)
        services.setdefault((row["package"], row["service"]), []).append(method)
    facts.messages = {**messages, **facts.messages}
    facts.enums = {**enums, **facts.enums}
    facts.services = {**services, **facts.services}


def read_facts(machine: Path, peers: Path) -> Facts:
    """Every message, enum and service of both families, protobuf's own left out."""
    facts = Facts()
    _add(facts, machine, "api_")
    _add(facts, peers, "")
    for name in [name for name in facts.messages if name.startswith("google.protobuf.")]:
        del facts.messages[name]
    return facts
