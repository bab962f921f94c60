"""An image's generation is what its command line says, or 0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats.generation import Generation, parse
from ichor.image import uki

NUMBERS = st.integers(0, 10**9 - 1)


@given(NUMBERS, NUMBERS)
def test_what_is_written_is_read(own: int, least: int) -> None:
    made = Generation(own, least)
    assert parse(" ".join(("quiet", *made.words, "panic=10"))) == made


def test_who_says_nothing_is_of_the_first() -> None:
    assert parse("") == parse("ichor.probation=20s generation=7") == Generation(0, 0)


def test_the_last_word_counts() -> None:
    assert parse("ichor.generation=1 ichor.generation=3").own == 3


@pytest.mark.parametrize("word", ["", "-1", "x", "1.0", "1" * 10, "²"])
def test_what_is_no_number_is_refused(word: str) -> None:
    with pytest.raises(FormatError, match=r"ichor\.least="):
        parse(f"ichor.least={word}")


def test_ours_may_run_after_itself() -> None:
    assert uki.GENERATION.own >= uki.GENERATION.least
