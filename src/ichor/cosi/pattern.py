"""Patterns of ids, matched in time linear in the id: what a caller writes cannot hold up PID 1.

`re` backtracks, and `(a*)*b` takes it years. Clients write expressions for RE2, which has neither
look-around nor back references either. The standard library parses; a set of states walks.

    expression ─► items (re._parser) ─► states, at most STATES ─► search: all states at once

A state is a test of one character, or a step that takes none (fork, anchor, match).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from re import _constants as code  # type: ignore[attr-defined]  # private since 3.11, there still
from re import _parser  # type: ignore[attr-defined]  # as above
from typing import Final, NamedTuple, TypeAlias, cast

from ichor.errors import InputError

STATES: Final = 200
LONGEST: Final = 256
_ALLOWED: Final = re.ASCII | re.IGNORECASE | re.UNICODE

# Whether it holds at a position of a text: a test of the character there, or of the place itself.
Test: TypeAlias = Callable[[str, int], bool]
Parsed: TypeAlias = Iterable[tuple[object, object]]


class State(NamedTuple):
    """takes: whether it consumes the character that it tests. MATCH has nowhere to go on to."""

    test: Test | None
    takes: bool
    after: tuple[int, ...]


class Pattern:
    def __init__(self, states: Sequence[State], start: int) -> None:
        self._states = states
        self._start = start

    def search(self, text: str) -> bool:
        """Say whether it matches anywhere in the text."""
        current: set[int] = set()
        for at in range(len(text) + 1):
            reached: set[int] = set()
            if self._spread((*current, self._start), text, at, reached):
                return True
            current = {
                after
                for number in reached
                if (state := self._states[number]).takes and at < len(text)
                if state.test is not None and state.test(text, at)
                for after in state.after
            }
        return False

    def _spread(self, begin: Iterable[int], text: str, at: int, reached: set[int]) -> bool:
        """Follow the steps that take no character; say whether one is the match."""
        left = list(begin)
        while left:
            number = left.pop()
            if number in reached:
                continue
            reached.add(number)
            state = self._states[number]
            if not state.takes and (state.test is None or state.test(text, at)):
                if not state.after:
                    return True
                left.extend(state.after)
        return False


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """Compile an expression. Raises InputError."""
    if len(text) > LONGEST:
        raise InputError(
            f"expression of {len(text)} characters, {LONGEST} at most", path="id_query"
        )
    try:
        parsed = _parser.parse(text, 0)
    except (re.error, OverflowError, RecursionError) as err:
        raise InputError(f"{text!r} is no regular expression: {err}", path="id_query") from err
    if parsed.state.flags & ~_ALLOWED:
        raise InputError(f"{text!r}: no flag but i is known", path="id_query")
    build = _Build(parsed.state.flags)
    try:
        start = build.items(parsed, build.add(None, takes=False))
    except RecursionError:
        raise InputError("the expression is nested too deep", path="id_query") from None
    return Pattern(build.states, start)


class _Build:
    """Makes states from the end backwards: each item is given where to go on."""

    def __init__(self, flags: int) -> None:
        self.states: list[State] = []
        self._steps = 0
        self._flags = flags

    def add(self, test: Test | None, *after: int, takes: bool) -> int:
        if len(self.states) >= STATES:
            raise InputError("the expression is too large", path="id_query")
        self.states.append(State(test, takes, after))
        return len(self.states) - 1

    def items(self, items: Parsed, after: int) -> int:
        self._steps += 1
        if self._steps > STATES:  # `(){1000}` makes no states and takes time all the same
            raise InputError("the expression is too large", path="id_query")
        for kind, value in reversed(list(items)):
            after = self._item(kind, value, after)
        return after

    def _item(self, kind: object, value: object, after: int) -> int:
        if kind in (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN):
            return self.add(self._character(kind, value), after, takes=True)
        if kind is code.AT:
            return self.add(_place(value), after, takes=False)
        if kind is code.SUBPATTERN:
            return self._group(value, after)
        if kind is code.BRANCH:
            _, branches = cast("tuple[None, Sequence[Parsed]]", value)
            starts = [self.items(branch, after) for branch in branches]
            return self.add(None, *starts, takes=False)
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT):
            return self._repeat(value, after)
        raise InputError(f"{str(kind).lower()} is not supported", path="id_query")

    def _group(self, value: object, after: int) -> int:
        _, add, remove, items = cast("tuple[object, int, int, Parsed]", value)
        if add & ~_ALLOWED or remove & ~_ALLOWED:
            raise InputError("no flag but i is known", path="id_query")
        outer = self._flags
        self._flags = outer & ~remove | add
        try:
            return self.items(items, after)
        finally:
            self._flags = outer

    def _repeat(self, value: object, after: int) -> int:
        least, most, items = cast("tuple[int, int, Parsed]", value)
        if most is code.MAXREPEAT:
            # The fork is made first, and told what it goes on to once that exists.
            fork = self.add(None, takes=False)
            body = self.items(items, fork)
            self.states[fork] = State(None, False, (body, after))
            start = fork
        else:
            start = after
            for _ in range(most - least):
                start = self.add(None, self.items(items, start), after, takes=False)
        for _ in range(least):
            start = self.items(items, start)
        return start

    def _character(self, kind: object, value: object) -> Test:
        # One character is tested by `re` itself, which cannot backtrack over it.
        if kind is code.ANY:
            return lambda text, at: text[at] != "\n"
        compiled = re.compile(_written(kind, value), self._flags & _ALLOWED)
        return lambda text, at: compiled.match(text, at) is not None


def _written(kind: object, value: object) -> str:
    """Write one character's test as an expression again."""
    if kind is code.LITERAL:
        return re.escape(chr(cast("int", value)))
    if kind is code.NOT_LITERAL:
        return f"[^{re.escape(chr(cast('int', value)))}]"
    parts = [_member(op, item) for op, item in cast("Parsed", value)]
    return f"[{''.join(parts)}]"


_CATEGORIES: Final = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
}


def _member(op: object, item: object) -> str:
    if op is code.NEGATE:
        return "^"
    if op is code.LITERAL:
        return re.escape(chr(cast("int", item)))
    if op is code.RANGE:
        low, high = cast("tuple[int, int]", item)
        return f"{re.escape(chr(low))}-{re.escape(chr(high))}"
    return _CATEGORIES[item]


_PLACES: Final = {
    code.AT_BEGINNING: "^",
    code.AT_BEGINNING_STRING: r"\A",
    code.AT_BOUNDARY: r"\b",
    code.AT_NON_BOUNDARY: r"\B",
    code.AT_END: "$",
    code.AT_END_STRING: r"\Z",
}


def _place(value: object) -> Test:
    compiled = re.compile(_PLACES[value])
    return lambda text, at: compiled.match(text, at) is not None
