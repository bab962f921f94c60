"""Expressions of ids: as `re` has them, but never slower than the id is long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.cosi.pattern import pattern
from ichor.errors import InputError

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", r"\b", "c0"])


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ends = st.sampled_from(["*", "+", "?", "{0,2}", "{2}", "*?"])
    return st.one_of(
        st.tuples(inner, ends).map(lambda two: f"(?:{two[0]}){two[1]}"),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map("|".join).map(lambda both: f"({both})"),
    )


EXPRESSIONS = st.recursive(ATOMS, repeated, max_leaves=8)


@given(EXPRESSIONS, st.text("abc0-\n", max_size=8))
def test_it_finds_what_the_standard_library_finds(text: str, id: str) -> None:
    assert pattern(text).search(id) is (re.search(text, id) is not None)


@pytest.mark.parametrize("text", ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(?:a?){60}a{60}b"])
def test_what_would_backtrack_for_years_is_answered(text: str) -> None:
    assert not pattern(text).search("a" * 64)


def test_case_is_folded_on_request() -> None:
    assert pattern("(?i)ETH").search("eth0")
    assert not pattern("ETH").search("eth0")


@pytest.mark.parametrize(
    "text",
    ["(", "*", r"(a)\1", "(?=a)", "(?s).", "a{4000}", "(((){99}){99}){99}", "(" * 120, "a" * 999],
)
def test_what_is_not_supported_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        pattern(text)
