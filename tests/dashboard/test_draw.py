"""The screen is a function of what is known and of its size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.dashboard.nodes import FACTS, SEEN, shown

from ichor.dashboard.draw import draw, duration
from ichor.dashboard.lines import text
from ichor.dashboard.seen import Seen, rates
from ichor.dashboard.state import Screen, Sort, State


def screen(state: State, rows: int = 40, columns: int = 120) -> str:
    return "\n".join(shown(draw(state, rows, columns)))


@given(
    rows=st.integers(0, 60),
    columns=st.integers(0, 200),
    screen=st.sampled_from(Screen),
    name=st.text(),
    line=st.text(),
    scroll=st.integers(0, 200),
    is_maintained=st.booleans(),
)
def test_a_screen_is_as_large_as_it_should_be_and_holds_nothing_that_moves_the_cursor(
    rows: int, columns: int, screen: Screen, name: str, line: str, scroll: int, is_maintained: bool
) -> None:
    stage = "maintenance" if is_maintained else "running"
    facts = replace(FACTS, hostname=name, stage=stage, fingerprint=line, unmet=[line])
    seen = replace(SEEN, facts=facts, log=[line] * 50, trouble=line)
    lines = draw(State(nodes=[seen, SEEN], screen=screen, scroll=scroll), rows, columns)
    assert len(lines) == rows
    for one in map(text, lines):
        assert len(one) <= columns
        assert one.isprintable()


def test_the_summary_tells_what_a_node_is() -> None:
    said = screen(State(nodes=[SEEN]))
    assert "n1 (10.5.0.2): v1.14.0+ichor.1, up 2h 03m, CPU 25%, memory 25% of 4.0 GB" in said
    assert "load 0.50, 2 processes, 2 x Abacus 2.50 GHz" in said
    for words in (
        ("STAGE", "running"),
        ("READY", "yes"),
        ("CLUSTER", "c1 (3 machines)"),
        ("TYPE", "controlplane"),
        ("KUBELET", "healthy"),
        ("SCHEDULER", "unhealthy"),
        ("GATEWAY", "10.5.0.1"),
        ("", "fd00::2/64"),
    ):
        assert any(all(word in line for word in words) for line in said.splitlines()), words


def test_a_narrow_screen_has_one_column() -> None:
    rows = screen(State(nodes=[SEEN]), columns=60).splitlines()
    assert not any("STAGE" in row and "ADDRESSES" in row for row in rows)
    assert any("ADDRESSES" in row for row in rows)


def test_the_end_of_the_log_is_below_the_summary() -> None:
    rows = screen(State(nodes=[SEEN])).splitlines()
    assert rows[-3] == "line 99"


def test_in_maintenance_it_says_how_to_end_it_and_how_to_know_the_machine() -> None:
    facts = replace(
        FACTS,
        stage="maintenance",
        addresses=["fe80::1/64", "fd00::2/64", "10.5.0.2/24"],
        fingerprint="ab:cd",
    )
    said = screen(State(nodes=[replace(SEEN, facts=facts)]))
    assert "ichor apply-config --insecure --nodes 10.5.0.2 --file" in said
    assert "ab:cd" in said
    assert "READY" not in said


def test_in_maintenance_without_an_address_that_is_said() -> None:
    facts = replace(FACTS, stage="maintenance", addresses=["fe80::1/64"])
    assert "no address yet" in screen(State(nodes=[replace(SEEN, facts=facts)]))


def test_why_a_node_is_not_ready_is_said() -> None:
    facts = replace(FACTS, is_ready=False, unmet=["time: not in sync"])
    assert "time: not in sync" in screen(State(nodes=[replace(SEEN, facts=facts)]))


def test_trouble_is_said_on_every_screen_and_what_is_known_stays() -> None:
    lost = replace(SEEN, trouble="UNAVAILABLE: no route")
    for one in Screen:
        said = screen(State(nodes=[lost], screen=one))
        assert "UNAVAILABLE: no route" in said
        assert "v1.14.0" in said


def test_the_monitor_shows_rates_and_those_first_that_use_most() -> None:
    said = screen(State(nodes=[SEEN], screen=Screen.MONITOR))
    assert "25.0%" in said  # one of four seconds of processors
    assert "1.0 GB of 4.0 GB" in said
    assert "in 2.0 kB/s  out 0 B/s" in said
    assert "read 2.0 kB/s" in said
    assert said.index("kubelet") < said.index("/sbin/init")
    assert "50.0%" in said
    by_memory = screen(State(nodes=[SEEN], screen=Screen.MONITOR, sort=Sort.MEMORY))
    assert by_memory.index("/sbin/init") < by_memory.index("kubelet")


def test_a_counter_that_began_anew_has_no_rate() -> None:
    assert SEEN.now is not None
    now = replace(SEEN.now, received=0, busy_s=0.0, idle_s=1.0)
    seen = rates(SEEN.before, now)
    assert seen is not None
    assert (seen.received, seen.busy) == (0.0, 0.0)


def test_nothing_is_known_at_first() -> None:
    for one in Screen:
        assert "10.5.0.9" in screen(State(nodes=[Seen(name="10.5.0.9")], screen=one))


def test_the_log_is_scrolled_by_lines() -> None:
    rows = screen(State(nodes=[SEEN], screen=Screen.LOG, scroll=10)).splitlines()
    assert rows[-3] == "line 89"


def test_a_node_s_own_screen_offers_no_end() -> None:
    assert "[q] quit" in screen(State(nodes=[SEEN]))
    assert "[q] quit" not in screen(State(nodes=[SEEN], is_own=True))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0m 00s"), (309, "5m 09s"), (7380, "2h 03m"), (273600, "3d 4h")],
)
def test_times_are_said_in_two_units(seconds: int, said: str) -> None:
    assert duration(seconds) == said
