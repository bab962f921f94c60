"""What the end of an init means, and when it starts again."""

import os
import signal
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.provision.life import End, crashes_after, describe, meaning, pause


def killed(number: signal.Signals) -> int:
    return int(number)


def exited(code: int) -> int:
    return code << 8


@pytest.mark.parametrize(
    ("status", "end", "text"),
    [
        pytest.param(killed(signal.SIGHUP), End.REBOOT, "killed by SIGHUP", id="restart"),
        pytest.param(killed(signal.SIGINT), End.POWER_OFF, "killed by SIGINT", id="power-off"),
        pytest.param(killed(signal.SIGKILL), End.CRASH, "killed by SIGKILL", id="killed"),
        pytest.param(exited(0), End.CRASH, "exit status 0", id="exit"),
        pytest.param(exited(3), End.CRASH, "exit status 3", id="exit-3"),
    ],
)
def test_the_wait_status_tells(status: int, end: End, text: str) -> None:
    assert os.WIFSIGNALED(status) == text.startswith("killed")
    assert (meaning(status), describe(status)) == (end, text)


@given(st.integers(1, 1000))
def test_pauses_grow_to_half_a_minute(crashes: int) -> None:
    assert timedelta(seconds=0.5) <= pause(crashes) <= pause(crashes + 1) <= timedelta(seconds=30)


def test_a_crash_after_a_long_life_is_the_first_again() -> None:
    assert crashes_after(End.CRASH, 4, timedelta(seconds=3)) == 5
    assert crashes_after(End.CRASH, 4, timedelta(hours=1)) == 1
    assert crashes_after(End.REBOOT, 4, timedelta(seconds=3)) == 0
