"""What the language says of an expression (cel-spec), in the part that is known."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import cel
from ichor.formats.cel import Value

NAMES: dict[str, Value] = {"a": {"size": 7, "name": "disk"}, "t": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7u", 7),
        ("1.5e1", 15.0),
        ("7 == 7.0", True),
        ("'a' + \"b\\n\"", "ab\n"),
        ("a.size > 6 && a.size <= 7", True),
        ("a.name.startsWith('di') && a.name.endsWith('sk')", True),
        ("a.name.contains('x') || t", True),
        ("a.name.size() == 4", True),
        ("a.name in ['disk', 'cd']", True),
        ("!t || !!t", True),
        ("t ? 1 : t ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("'b' > 'a'", True),
        ("false && a.missing == 1", False),
    ],
)
def test_it_is_what_the_language_says(text: str, expected: Value) -> None:
    found = cel.parse(text)(NAMES)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "offset 0: expected a value, not the end"),
        ("1 +", "offset 3: expected a value"),
        ("1 2", "offset 2: expected an operator or the end"),
        ("a.all(x, true)", "size\\(\\) or one of"),
        ("a.", "a field or a method"),
        ("f(1)", "none is known here"),
        ("'open", "an expression of CEL"),
        ("1 & 2", "offset 1: expected an expression of CEL"),
        ("(" * 40, "at most 32 brackets"),
        ("t ? 1", "expected ':'"),
        ("[1, 2", "expected ','"),
        ("x" * 5000, "at most 4096 characters"),
        ("-" * 4000 + "1", "offset 256: expected at most 256 words"),
        ("1" + "+1" * 1000, "at most 256 words"),
    ],
)
def test_what_is_no_expression_is_refused_with_where(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        cel.parse(text)


def test_the_longest_there_may_be_is_evaluated() -> None:
    assert cel.parse("-" * 254 + "1")(NAMES) == 1
    assert cel.parse("1" + "+1" * 127)(NAMES) == 128


@pytest.mark.parametrize(
    "text",
    [
        *("b", "a.none", "a.size.x", "a.size == 'x'", "t == 1", "'a' < 1", "1 + 'a'", "-t"),
        *("!1", "1 && t", "1 / 0", "1 % 0", "1 in 2", "1 ? 1 : 2", "a.size.contains('x')"),
    ],
)
def test_kinds_that_do_not_go_together_are_an_error(text: str) -> None:
    with pytest.raises(FormatError):
        cel.parse(text)(NAMES)


@given(st.text(alphabet="a.t()[]!-+*/%<>=&|?:,'\"\\ 01u", max_size=40))
def test_whatever_is_written_it_gives_a_value_or_says_why_not(text: str) -> None:
    with suppress(FormatError):
        cel.parse(text)(NAMES)


def test_a_function_is_one_that_was_brought_along() -> None:
    def most(given: Sequence[Value]) -> Value:
        return max(one for one in given if isinstance(one, int))

    assert cel.parse("most(1, a.size, 3) == a.size", {"most": most})(NAMES) is True
    for text, known in (("least(1)", "most"), ("most", "a, t")):
        with pytest.raises(FormatError, match=known):
            cel.parse(text, {"most": most})(NAMES)
    with pytest.raises(FormatError, match="none is known here"):
        cel.parse("most(1)")
