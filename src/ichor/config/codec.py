"""Codecs: a node to a typed value and back, one small class per shape of type.

Decoding never stops at the first fault: a value that will not do becomes INVALID, its problem is
noted at its place, and the siblings are still looked at. Values of secret fields stay out of
every message.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple, Protocol, cast

from ichor.config.field import Check, Range, decode_base64
from ichor.config.secret import Object, Secret
from ichor.errors import InputError
from ichor.formats.yaml.nodes import Fields, Items, Node, Scalar, is_null
from ichor.formats.yaml.problem import Problem
from ichor.formats.yaml.values import Value, atom, to_value
from ichor.units import format_duration, parse_duration

INVALID: Final = object()
MAX_SHOWN: Final = 60


class Place(NamedTuple):
    """Where decoding is. partial: a patch is read, so required fields may be missing."""

    problems: list[Problem]
    path: str
    partial: bool = False

    def child(self, name: str) -> "Place":
        return self._replace(path=f"{self.path}.{name}")

    def item(self, index: int) -> "Place":
        return self._replace(path=f"{self.path}[{index}]")

    def fail(self, node: Node, message: str, hint: str = "") -> object:
        problem = Problem(line=node.line, path=self.path, message=message, hint=hint)
        self.problems.append(problem)
        return INVALID


class Codec(Protocol):
    def decode(self, node: Node, at: Place) -> object: ...

    def encode(self, value: object) -> Value: ...


def is_absent(node: Node) -> bool:
    """Say whether there stands null, which is as if the field were left out."""
    return isinstance(node, Scalar) and node.plain and is_null(node.text)


def got(node: Node) -> str:
    """Name what stands there, with its value if it is a short scalar; not for secret fields."""
    if isinstance(node, Scalar):
        return repr(node.text) if len(node.text) <= MAX_SHOWN else "a long text"
    return "a list" if isinstance(node, Items) else "a map"


class Text:
    """Text. A plain number or boolean is taken as it is written, null as empty text.

    Other readers of these documents do so, and people write `extraArgs: {feature: true}`.
    """

    expectation = "text"

    def decode(self, node: Node, at: Place) -> object:
        if isinstance(node, Scalar):
            return "" if is_absent(node) else node.text
        return at.fail(node, f"expected {self.expectation}, got {got(node)}")

    def encode(self, value: object) -> Value:
        return cast("str", value)


class Bool:
    def decode(self, node: Node, at: Place) -> object:
        if isinstance(node, Scalar) and node.plain and node.text.lower() in ("true", "false"):
            return node.text.lower() == "true"
        return at.fail(node, f"expected true or false, got {got(node)}")

    def encode(self, value: object) -> Value:
        return bool(value)


class Int:
    def decode(self, node: Node, at: Place) -> object:
        try:
            value = atom(node) if isinstance(node, Scalar) and node.plain else None
        except ValueError as err:
            return at.fail(node, str(err), "write 0o... for octal")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return at.fail(node, f"expected an integer, got {got(node)}")

    def encode(self, value: object) -> Value:
        return cast("int", value)


class Duration:
    def decode(self, node: Node, at: Place) -> object:
        if isinstance(node, Scalar):
            try:
                return parse_duration(node.text)
            except (InputError, OverflowError):
                pass
        return at.fail(node, f"expected a duration such as 1h30m, got {got(node)}")

    def encode(self, value: object) -> Value:
        return format_duration(cast("timedelta", value))


class SecretText:
    def decode(self, node: Node, at: Place) -> object:
        if isinstance(node, Scalar):
            return Secret("" if is_absent(node) else node.text)
        return at.fail(node, "expected a secret text, got a list or a map")

    def encode(self, value: object) -> Value:
        return cast("Secret", value).reveal()


class FreeForm:
    """An object whose fields are not ours to know; kept as it is."""

    def decode(self, node: Node, at: Place) -> object:
        if not isinstance(node, Fields):
            return at.fail(node, "expected a map, got a list or a single value")
        found: list[Problem] = []
        value = to_value(node, found)
        if found:
            at.problems.extend(
                Problem(line=p.line, path=at.path, message=p.message, hint=p.hint) for p in found
            )
            return INVALID
        return Object(cast("dict[str, Value]", value))

    def encode(self, value: object) -> Value:
        return cast("Object", value).value()


class Base64:
    """Text or a secret within base64."""

    def __init__(self, inner: Codec) -> None:
        self.inner = inner

    def decode(self, node: Node, at: Place) -> object:
        value = self.inner.decode(node, at)
        if value is INVALID:
            return INVALID
        try:
            if isinstance(value, Secret):
                return Secret(decode_base64(value.reveal()))
            return decode_base64(cast("str", value))
        except ValueError as err:
            return at.fail(node, f"expected {err}")

    def encode(self, value: object) -> Value:
        import base64

        text = value.reveal() if isinstance(value, Secret) else cast("str", value)
        return base64.b64encode(text.encode()).decode()


class Checked:
    def __init__(self, inner: Codec, check: "Check | Range") -> None:
        self.inner = inner
        self.check = check

    def decode(self, node: Node, at: Place) -> object:
        value = self.inner.decode(node, at)
        if value is INVALID or self.holds(value):
            return value
        hide = isinstance(value, Secret) or (isinstance(self.check, Check) and self.check.hides)
        shown = "" if hide else f", got {got(node)}"
        return at.fail(node, f"expected {self.check.expectation}{shown}")

    def holds(self, value: object) -> bool:
        if isinstance(self.check, Range):
            return isinstance(value, int) and self.check.low <= value <= self.check.high
        return self.check.test(value.reveal() if isinstance(value, Secret) else cast("str", value))

    def encode(self, value: object) -> Value:
        return self.inner.encode(value)


class Choice:
    """One of some texts; the second list is known to the format and refused for now."""

    def __init__(self, options: tuple[str, ...]) -> None:
        self.options = options

    def decode(self, node: Node, at: Place) -> object:
        if isinstance(node, Scalar) and node.text in self.options:
            return node.text
        names = ", ".join(option for option in self.options if option)
        return at.fail(node, f"expected one of {names}, got {got(node)}")

    def encode(self, value: object) -> Value:
        return cast("str", value)


class ListOf:
    def __init__(self, inner: Codec) -> None:
        self.inner = inner

    def decode(self, node: Node, at: Place) -> object:
        if not isinstance(node, Items):
            return at.fail(node, "expected a list")
        values = [self.inner.decode(item, at.item(i)) for i, item in enumerate(node.items)]
        return INVALID if any(value is INVALID for value in values) else tuple(values)

    def encode(self, value: object) -> Value:
        return [self.inner.encode(item) for item in cast("tuple[object, ...]", value)]


class MapOf:
    def __init__(self, inner: Codec) -> None:
        self.inner = inner

    def decode(self, node: Node, at: Place) -> object:
        if not isinstance(node, Fields):
            return at.fail(node, "expected a map")
        values = {e.key: self.inner.decode(e.value, at.child(e.key)) for e in node.entries}
        return INVALID if any(value is INVALID for value in values.values()) else values

    def encode(self, value: object) -> Value:
        items = cast("Mapping[str, object]", value).items()
        return {key: self.inner.encode(item) for key, item in items}


class TextOrList:
    """`extraArgs`: a text, or a list of texts for an argument that is repeated."""

    texts = ListOf(Text())

    def decode(self, node: Node, at: Place) -> object:
        return (self.texts if isinstance(node, Items) else Text()).decode(node, at)

    def encode(self, value: object) -> Value:
        return self.texts.encode(value) if isinstance(value, tuple) else cast("str", value)
