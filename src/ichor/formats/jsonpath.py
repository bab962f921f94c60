"""JSONPath as columns of listings use it: `{.a.b}`, `{.a[*].b}`, `{.a[?(@.k=="v")].b}`, `{@}`.

The dialect is Kubernetes' template one: braces around a path, any text outside of them. A path
gives every value it reaches; one that reaches nothing gives none, which is no error.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from ichor.errors import FormatError
from ichor.formats.yaml.values import Value

_TOKEN: Final = re.compile(
    r"""
      (?P<name>\.[A-Za-z0-9_\-/]+)
    | (?P<all>\[\*\]|\.\*)
    | (?P<slice>\[(-?\d*):(-?\d*)\])
    | (?P<index>\[(-?\d+)\])
    | (?P<key>\[(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\])
    | (?P<filter>\[\?\(@(?P<path>[^=!<>)]*?)\s*(?:(?P<operator>==|!=)\s*(?P<wanted>[^)]*))?\)\])
    """,
    re.VERBOSE,
)
_TEXT: Final = re.compile(r"\{([^{}]*)\}")

_WORDS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}

Step = Callable[[Value], Iterator[Value]]


class Path(Struct, frozen=True):
    steps: tuple[Step, ...]

    def __call__(self, value: Value) -> list[Value]:
        """Give what the path reaches, in order."""
        found = [value]
        for step in self.steps:
            found = [inner for outer in found for inner in step(outer)]
        return found


class Template(Struct, frozen=True):
    parts: tuple[str | Path, ...]

    def render(self, value: Value) -> str:
        """Give the text: values of one path are parted by blanks."""
        return "".join(
            part if isinstance(part, str) else " ".join(map(shown, part(value)))
            for part in self.parts
        )


def template(text: str) -> Template:
    """Read a template. Raises FormatError."""
    parts: list[str | Path] = []
    end = 0
    for match in _TEXT.finditer(text):
        parts.extend([text[end : match.start()], path(match[1])])
        end = match.end()
    rest = text[end:]
    if "{" in rest or "}" in rest:
        raise FormatError("braces in pairs", offset=end)
    return Template(tuple(part for part in (*parts, rest) if part != ""))


def path(text: str) -> Path:
    """Read a path without its braces. Raises FormatError (offset: within the path)."""
    body = text.strip()
    start = 1 if body[:1] in {"@", "$"} else 0
    steps: list[Step] = []
    while start < len(body):
        match = _TOKEN.match(body, start)
        if match is None:
            if body == ".":
                break
            raise FormatError("a step of JSONPath such as .name, [0], [*] or [?()]", offset=start)
        steps.append(_step(match))
        start = match.end()
    return Path(tuple(steps))


def shown(value: Value) -> str:
    """Write a value as a listing does: text as it is, the rest as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _step(match: "re.Match[str]") -> Step:
    if match["name"]:
        return _named(match["name"][1:])
    if match["key"]:
        return _named(match["double"] if match["double"] is not None else match["single"])
    if match["all"]:
        return _every
    if match["slice"]:
        begin, end = (int(part) if part else None for part in match["slice"][1:-1].split(":"))
        return _sliced(begin, end)
    if match["index"]:
        index = int(match["index"][1:-1])
        return _sliced(index, index + 1 or None)
    return _filtered(path(match["path"]), match["operator"], match["wanted"])


def _named(name: str) -> Step:
    def step(value: Value) -> Iterator[Value]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _every(value: Value) -> Iterator[Value]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def _sliced(begin: int | None, end: int | None) -> Step:
    def step(value: Value) -> Iterator[Value]:
        if isinstance(value, list):
            yield from value[begin:end]

    return step


def _filtered(inner: Path, operator: str | None, wanted: str | None) -> Step:
    literal = _literal(wanted) if wanted is not None else None

    def keeps(values: Iterable[Value]) -> bool:
        held = list(values)
        if operator is None:
            return bool(held)
        return (literal in held) == (operator == "==")

    def step(value: Value) -> Iterator[Value]:
        return (item for item in _every(value) if keeps(inner(item)))

    return step


def _literal(text: str) -> Value:
    body = text.strip()
    if body[:1] in {'"', "'"} and body[-1:] == body[:1] and len(body) > 1:
        return body[1:-1]
    if body in _WORDS:
        return _WORDS[body]
    try:
        return float(body)
    except ValueError:
        raise FormatError(f"text in quotes, a number, true or false, not {body!r}") from None
