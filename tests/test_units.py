from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import InputError
from ichor.units import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", timedelta()),
        ("1h30m", timedelta(minutes=90)),
        ("168h0m0s", timedelta(days=7)),
        ("1.5s", timedelta(milliseconds=1500)),
        ("-20ms", timedelta(milliseconds=-20)),
        ("500µs", timedelta(microseconds=500)),
    ],
)
def test_a_go_duration_is_read(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["", "1", "h", "1h 30m", "1d", "--1s", "1s1", "1..2s"])
def test_what_is_no_duration_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InputError, match="1h30m"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000)))
def test_a_written_duration_reads_back_equal(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1048576", 1048576),
        ("64MiB", 64 << 20),
        ("1.5GB", 1_500_000_000),
        ("2 KiB", 2048),
        ("3k", 3000),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_size_without_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="512MiB"):
        parse_size("MiB")


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 B"), (1500, "1.5 kB"), (139_186_338, "139 MB")]
)
def test_a_size_is_written_short(size: int, text: str) -> None:
    assert format_size(size) == text
