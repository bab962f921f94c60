"""Expressions of the Common Expression Language, of it what choosing a disk or a link needs.

    disk.size > 100u * GB && disk.transport == "nvme" && !disk.rotational

Literals (int, uint, double, string, bool, lists), names and their fields, `! - * / % + -`,
comparisons, `in`, `&& || ?:`, and of strings contains, startsWith, endsWith and size; functions are
those that who asks brings along. What else the language has is refused. Kinds that do not go
together are an error, as they are there; numbers of different kinds are compared by value
(cel-spec, langdef.md).
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from ichor.errors import FormatError

Value: TypeAlias = "bool | int | float | str | list[Value] | Mapping[str, Value]"
Names: TypeAlias = Mapping[str, Value]
Node: TypeAlias = Callable[[Names], Value]
Binary: TypeAlias = Callable[[Value, Value], Value]
Function: TypeAlias = Callable[[Sequence[Value]], Value]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?[uU]?)
    |(?P<string>"(?:[^"\\\n]|\\["'\\nt])*"|'(?:[^'\\\n]|\\["'\\nt])*')
    |(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||[<>=!]=|[-!<>+*/%?:.,()\[\]])|(?P<end>$))""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(.)")
_DEEPEST, _MOST, _LONGEST = (
    32,
    256,
    4096,
)  # brackets, words, characters: it is evaluated by recursion
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False}
_NO_FUNCTIONS: Final[Mapping[str, Function]] = {}


def _divided(one: Value, by: Value) -> Value:
    """Divide as the language does: of whole numbers towards zero."""
    if isinstance(one, int) and isinstance(by, int):
        quotient = abs(one) // abs(by)
        return quotient if (one < 0) == (by < 0) else -quotient
    return _number(one) / _number(by)


def _rest(one: Value, by: Value) -> Value:
    whole = _divided(one, by)
    return _number(one) - _number(by) * _number(whole)


def _number(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(f"a number, not {value!r}")
    return value


def _added(one: Value, other: Value) -> Value:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    return _number(one) + _number(other)


def _ordered(how: Callable[[float, float], bool]) -> Binary:
    def compare(one: Value, other: Value) -> Value:
        if isinstance(one, str) and isinstance(other, str):
            return how(float(one > other) - float(one < other), 0)
        return how(_number(one), _number(other))

    return compare


def _equal(one: Value, other: Value) -> bool:
    kinds = [
        bool if isinstance(each, bool) else float if isinstance(each, int | float) else type(each)
        for each in (one, other)
    ]
    if kinds[0] is not kinds[1]:
        raise FormatError(f"two of a kind, not {one!r} and {other!r}")
    return one == other


def _within(one: Value, many: Value) -> Value:
    if not isinstance(many, list):
        raise FormatError(f"a list, not {many!r}")
    return any(_equal(one, each) for each in many)


# What binds least comes first.
_BINARY: Final[tuple[Mapping[str, Binary], ...]] = (
    {
        "==": _equal,
        "!=": lambda one, other: not _equal(one, other),
        "<": _ordered(operator.lt),
        "<=": _ordered(operator.le),
        ">": _ordered(operator.gt),
        ">=": _ordered(operator.ge),
        "in": _within,
    },
    {"+": _added, "-": lambda one, other: _number(one) - _number(other)},
    {"*": lambda one, other: _number(one) * _number(other), "/": _divided, "%": _rest},
)
_METHODS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "contains": str.__contains__,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def parse(text: str, functions: Mapping[str, Function] = _NO_FUNCTIONS) -> Node:
    """Give what evaluates it, which raises FormatError, too. Raises FormatError with where."""
    if len(text) > _LONGEST:
        raise FormatError(f"an expression of at most {_LONGEST} characters")
    return _Parser(text, functions).whole()


class _Parser:
    def __init__(self, text: str, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._tokens = list(_tokens(text))
        if len(self._tokens) > _MOST:
            raise FormatError(f"at most {_MOST} words", offset=self._tokens[_MOST][2])
        self._at = self._depth = 0

    def whole(self) -> Node:
        node = self._ternary()
        self._need("")
        return node

    @property
    def _now(self) -> tuple[str, str, int]:
        return self._tokens[self._at]

    def _is(self, *signs: str) -> bool:
        kind, text, _ = self._now
        return kind != "string" and text in signs

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _need(self, sign: str) -> None:
        if not self._is(sign):
            raise self._wrong(repr(sign) if sign else "an operator or the end")
        if sign:
            self._take()

    def _wrong(self, expected: str) -> FormatError:
        _, text, where = self._now
        return FormatError(f"{expected}, not {text or 'the end'}", offset=where)

    def _ternary(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(f"at most {_DEEPEST} brackets")
        test = self._any()
        if self._is("?"):
            self._take()
            yes = self._any()
            self._need(":")
            test = _chosen(test, yes, self._ternary())
        self._depth -= 1
        return test

    def _any(self) -> Node:
        node = self._all()
        while self._is("||"):
            self._take()
            node = _either(node, self._all())
        return node

    def _all(self) -> Node:
        node = self._level(0)
        while self._is("&&"):
            self._take()
            node = _both(node, self._level(0))
        return node

    def _level(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        node = self._level(level + 1)
        while self._is(*_BINARY[level]):
            how = _BINARY[level][self._take()]
            node = _applied(how, node, self._level(level + 1))
        return node

    def _unary(self) -> Node:
        signs = []
        while self._is("!", "-"):
            signs.append(self._take())
        node = self._member()
        for sign in reversed(signs):
            node = _negated(node) if sign == "-" else _opposite(node)
        return node

    def _member(self) -> Node:
        node = self._primary()
        while self._is("."):
            self._take()
            kind, name, _ = self._now
            if kind != "name":
                raise self._wrong("a field or a method")
            self._take()
            node = self._method(node, name) if self._is("(") else _field(node, name)
        return node

    def _method(self, node: Node, name: str) -> Node:
        self._need("(")
        arguments = self._items(")")
        if name == "size" and not arguments:
            return lambda names: len(_text(node(names)))
        if name not in _METHODS or len(arguments) != 1:
            raise self._wrong(f"size() or one of {', '.join(_METHODS)} with a text")
        how, argument = _METHODS[name], arguments[0]
        return lambda names: how(_text(node(names)), _text(argument(names)))

    def _items(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._is(end):
            found.append(self._ternary())
            if not self._is(end):
                self._need(",")
        self._take()
        return found

    def _primary(self) -> Node:
        kind, text, _ = self._now
        if kind == "sign" and text == "(":
            self._take()
            node = self._ternary()
            self._need(")")
            return node
        if kind == "sign" and text == "[":
            self._take()
            items = self._items("]")
            return lambda names: [each(names) for each in items]
        if kind not in {"number", "string", "name"}:
            raise self._wrong("a value")
        self._take()
        if kind == "name" and self._is("("):
            return self._called(text)
        if kind == "name" and text not in _WORDS:
            return _named(text)
        value = _literal(kind, text)
        return lambda _: value

    def _called(self, name: str) -> Node:
        how = self._functions.get(name)
        if how is None:
            known = ", ".join(sorted(self._functions)) or "none is known here"
            raise FormatError(f"a function ({known}), not {name}", offset=self._now[2])
        self._need("(")
        arguments = self._items(")")
        return lambda names: how([each(names) for each in arguments])


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise FormatError("an expression of CEL", offset=at)
        yield match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
        if match.lastgroup == "end":
            return
        at = match.end()


def _literal(kind: str, text: str) -> Value:
    if kind == "string":
        return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])
    if kind == "name":
        return _WORDS[text]
    return float(text) if any(sign in text for sign in ".eE") else int(text.rstrip("uU"))


def _named(name: str) -> Node:
    def get(names: Names) -> Value:
        if name not in names:
            raise FormatError(f"one of {', '.join(sorted(names))}, not {name}")
        return names[name]

    return get


def _field(node: Node, name: str) -> Node:
    def get(names: Names) -> Value:
        value = node(names)
        if not isinstance(value, Mapping):
            raise FormatError(f"something that has a field {name}, not {value!r}")
        return _named(name)(value)

    return get


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise FormatError(f"a text, not {value!r}")
    return value


def truth(value: Value) -> bool:
    """Raises FormatError."""
    if not isinstance(value, bool):
        raise FormatError(f"true or false, not {value!r}")
    return value


def _applied(how: Binary, one: Node, other: Node) -> Node:
    def apply(names: Names) -> Value:
        try:
            return how(one(names), other(names))
        except (ZeroDivisionError, OverflowError) as error:
            raise FormatError(f"a number as a result ({error})") from None

    return apply


def _negated(node: Node) -> Node:
    return lambda names: -_number(node(names))


def _opposite(node: Node) -> Node:
    return lambda names: not truth(node(names))


def _both(one: Node, other: Node) -> Node:
    return lambda names: truth(one(names)) and truth(other(names))


def _either(one: Node, other: Node) -> Node:
    return lambda names: truth(one(names)) or truth(other(names))


def _chosen(test: Node, yes: Node, no: Node) -> Node:
    return lambda names: yes(names) if truth(test(names)) else no(names)
