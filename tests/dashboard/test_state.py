import pytest
from tests.dashboard.nodes import SEEN

from ichor.dashboard.keys import read
from ichor.dashboard.state import Screen, Sort, State, pressed

STATE = State(nodes=[SEEN, SEEN, SEEN])


def after(*keys: str) -> State:
    state: State | None = STATE
    for key in keys:
        assert state is not None
        state = pressed(state, key)
    assert state is not None
    return state


def test_keys_choose_the_screen() -> None:
    assert after("f2").screen is after("2").screen is Screen.MONITOR
    assert after("f2", "f3").screen is Screen.LOG
    assert after("3", "1").screen is Screen.SUMMARY


def test_keys_go_round_the_nodes() -> None:
    assert [after("right").chosen, after("left").chosen, after("l", "l", "l").chosen] == [1, 2, 0]


def test_the_log_is_scrolled_within_its_ends_and_another_nodes_begins_at_its_end() -> None:
    assert after("down").scroll == 0
    assert after("up", "pageup").scroll == 21
    assert after(*["pageup"] * 9).scroll == 99
    assert after("up", "right").scroll == 0


def test_processes_are_sorted_as_told() -> None:
    assert after("m").sort is Sort.MEMORY
    assert after("m", "c").sort is Sort.CPU


@pytest.mark.parametrize("key", ["q", "ctrl-c"])
def test_one_leaves_but_not_a_nodes_own_screen(key: str) -> None:
    assert pressed(STATE, key) is None
    own = State(nodes=[SEEN], is_own=True)
    assert pressed(own, key) == own


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        pytest.param(b"q1", ("q", "1"), id="letters"),
        pytest.param(b"\x1b[A\x1b[6~", ("up", "pagedown"), id="sequences"),
        pytest.param(b"\x1bOP\x1b[[B\x1b[13~", ("f1", "f2", "f3"), id="three kinds of terminals"),
        pytest.param(b"\x1b[200~q", ("q",), id="what we do not know is passed over"),
        pytest.param(b"\xc3\xa4q", ("q",), id="other letters"),
        pytest.param(b"\x03", ("ctrl-c",), id="control"),
    ],
)
def test_bytes_are_keys(raw: bytes, keys: tuple[str, ...]) -> None:
    assert read(raw) == (keys, b"")


def test_a_sequence_in_two_pieces_is_one_key() -> None:
    keys, rest = read(b"q\x1b[")
    assert (keys, rest) == (("q",), b"\x1b[")
    assert read(rest + b"C") == (("right",), b"")
