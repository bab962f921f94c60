"""Nodes as values by YAML 1.2's core schema: null, bool, int, float, text, list, map.

`yes`, `on`, `12:30` and dates are text. A number with a leading zero (`0644`) is refused, because
YAML 1.1, 1.2 and Go read three different things.
"""

import re
from typing import Final, TypeAlias

from ichor.formats.yaml.nodes import Fields, Items, Node, Scalar, is_null, parse_into
from ichor.formats.yaml.problem import Problem, Problems

Atom: TypeAlias = "bool | int | float | str | None"
Value: TypeAlias = "Atom | list[Value] | dict[str, Value]"

_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False}
_BOOL_FALSE: Final = "FALSE"
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_LEADING: Final = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_MAX_DIGITS: Final = 400


def load(data: bytes | str, *, file: str = "<input>") -> list[Value]:
    """Give the documents of a stream as values. Raises Problems."""
    problems: list[Problem] = []
    values = [to_value(node, problems) for node in parse_into(data, problems)]
    if problems:
        raise Problems(file, problems)
    return values


def to_value(node: Node, problems: list[Problem]) -> Value:
    """Give the value of a node; scalars that mean nothing sure go into `problems`."""
    if isinstance(node, Items):
        return [to_value(item, problems) for item in node.items]
    if isinstance(node, Fields):
        return {entry.key: to_value(entry.value, problems) for entry in node.entries}
    try:
        return atom(node)
    except ValueError as err:
        problems.append(Problem(line=node.line, message=str(err), hint="write 0o..., or quote it"))
        return None


def atom(node: Scalar) -> Atom:
    """Resolve one scalar. Raises ValueError, whose text does not carry the value."""
    if not node.plain and node.tag in ("", "str"):
        return node.text
    value = _plain(node.text)
    if node.tag == "float" and isinstance(value, int):
        return float(value)
    if node.tag and _name(value) != node.tag:
        raise ValueError("the value does not fit its tag")
    return value


def _name(value: Atom) -> str:
    return "null" if value is None else type(value).__name__


def _plain(text: str) -> Atom:
    if is_null(text):
        return None
    if text in _BOOL or text == _BOOL_FALSE:
        return _BOOL.get(text, False)
    if text[0] not in "-+.0123456789":
        return text
    if _LEADING.fullmatch(text):
        raise ValueError("a number with a leading zero is read differently by YAML 1.1 and 1.2")
    return _number(text)


def _number(text: str) -> Atom:
    if len(text) > _MAX_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.lower().replace(".", "", 1))
    return text
