"""A YAML stream as nodes: documents of scalars, sequences and mappings, each with its line.

libyaml gives events; the tree is built here, so that what plain loaders let pass is refused:
duplicate keys, merge keys, keys that are no text, foreign tags, recursion, and aliases that would
expand without bound. Faults that leave the tree readable are collected; a syntax error ends it.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import yaml
from msgspec import Struct

from ichor.formats.yaml.problem import Problem, Problems

MAX_BYTES: Final = 8 << 20
MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000  # after expansion of aliases; a machine's documents have about 500

_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null"))


class Scalar(Struct, frozen=True):
    """text: as written, without quotes. tag: the explicit core tag (`str`), or empty."""

    line: int
    text: str
    plain: bool
    tag: str = ""
    weight: int = 1


class Items(Struct, frozen=True):
    line: int
    items: "tuple[Node, ...]"
    weight: int


class Entry(Struct, frozen=True):
    line: int
    key: str
    value: "Node"


class Fields(Struct, frozen=True):
    """entries: in the order of the text; keys are unique."""

    line: int
    entries: tuple[Entry, ...]
    weight: int

    def get(self, key: str) -> "Node | None":
        return next((entry.value for entry in self.entries if entry.key == key), None)


Node: TypeAlias = Scalar | Items | Fields


def parse(data: bytes | str, *, file: str = "<input>") -> tuple[Node, ...]:
    """Give the documents of a stream, empty ones left out. Raises Problems."""
    problems: list[Problem] = []
    documents = parse_into(data, problems)
    if problems:
        raise Problems(file, problems)
    return documents


def parse_into(data: bytes | str, problems: list[Problem]) -> tuple[Node, ...]:
    """Give the documents that are readable; what is wrong goes into `problems`."""
    text = _text(data, problems)
    builder = _Builder(problems)
    try:
        return tuple(builder.documents(text))
    except _Stop as stop:
        problems.append(stop.problem)
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark
        what = f"{err.problem or 'not readable'}"
        problems.append(Problem(line=mark.line + 1 if mark else 0, message=f"no YAML: {what}"))
    except yaml.YAMLError:
        problems.append(Problem(line=0, message="no YAML: a control character or broken encoding"))
    return ()


def _text(data: bytes | str, problems: list[Problem]) -> str:
    if len(data) > MAX_BYTES:
        problems.append(Problem(line=0, message=f"larger than {MAX_BYTES} bytes"))
        return ""
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        problems.append(Problem(line=line, message="not UTF-8"))
        return ""


class _Stop(Exception):  # noqa: N818 - ends the building, is no error of ours
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line=line, message=message)


class _Builder:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.anchors: dict[str, Node] = {}
        self.total = 0

    def documents(self, text: str) -> Iterator[Node]:
        events = _events(text)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                node = self.node(next(events), events, 0)
                if not (isinstance(node, Scalar) and node.plain and is_null(node.text)):
                    yield node

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if depth > MAX_DEPTH:
            raise _Stop(line, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(str(event.anchor), line)
        if isinstance(event, yaml.ScalarEvent):
            node: Node = self.scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.tag(event, "seq", line)
            items = tuple(self.items(events, depth))
            node = Items(line, items, 1 + sum(item.weight for item in items))
        else:
            self.tag(event, "map", line)
            entries = tuple(self.entries(events, depth))
            node = Fields(line, entries, 1 + sum(entry.value.weight for entry in entries))
        self.count(1, line)
        if getattr(event, "anchor", None):
            self.anchors[str(event.anchor)] = node  # type: ignore[attr-defined]  # had it above
        return node

    def count(self, weight: int, line: int) -> None:
        self.total += weight
        if self.total > MAX_NODES:
            raise _Stop(line, f"more than {MAX_NODES} values, aliases expanded")

    def alias(self, name: str, line: int) -> Node:
        if name not in self.anchors:
            raise _Stop(line, "an alias has no anchor before it")
        self.count(self.anchors[name].weight, line)
        return self.anchors[name]

    def scalar(self, event: yaml.ScalarEvent, line: int) -> Scalar:
        tag = str(event.tag or "")
        if tag == "!":
            tag = _CORE + "str"
        if tag and tag not in _TAGS:
            self.problems.append(Problem(line=line, message="a tag that is not of YAML's core"))
        plain = event.style in (None, "") and not tag
        return Scalar(line, str(event.value), plain, tag.removeprefix(_CORE))

    def tag(self, event: yaml.Event, name: str, line: int) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", _CORE + name):
            self.problems.append(Problem(line=line, message="a tag that is not of YAML's core"))

    def items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, events, depth + 1)

    def entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Entry]:
        seen: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self.node(event, events, depth + 1)
            value = self.node(next(events), events, depth + 1)
            fault = _key_fault(key, seen)
            if fault:
                self.problems.append(Problem(line=key.line, message=fault[0], hint=fault[1]))
            elif isinstance(key, Scalar):
                seen[key.text] = key.line
                yield Entry(key.line, key.text, value)


def _key_fault(key: Node, seen: dict[str, int]) -> tuple[str, str] | None:
    if not isinstance(key, Scalar) or (key.plain and is_null(key.text)):
        return "a key must be text", "quote it"
    if key.plain and key.text == "<<":
        return "merge keys (<<) are not of YAML 1.2", "write the fields out"
    if key.text in seen:
        return f"duplicate key {key.text!r}, first on line {seen[key.text]}", "remove one of them"
    return None


def is_null(text: str) -> bool:
    return text in ("", "~", "null", "Null", "NULL")


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=yaml.CSafeLoader)
