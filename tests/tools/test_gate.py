import os
import signal
import sys
import threading
from collections.abc import Container, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tools.gate import CHECK, TEST, Result, Step, execute, gate, is_full, judged, steps, terminated

# Seconds, the estimates on a new machine and on one that has all.
FROM_NOTHING = {"build": 13 * 60.0, "disk": 15 * 60.0}
ALL = tuple(FROM_NOTHING)
NOTHING = dict.fromkeys(FROM_NOTHING, 0.0)

CLEANS = """
import signal, sys, time
def clean(*_): print("cleaned"); sys.exit(3)
signal.signal(signal.SIGINT, clean)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
while True: time.sleep(60)
"""


class Machine:
    """Runs each step in the minutes that it is told, on a clock of its own."""

    def __init__(self, **minutes: float) -> None:
        self.now = 1000.0
        self.allowed: dict[str, float] = {}
        self.broken: set[str] = set()
        self._minutes = minutes

    def run(self, step: Step, left: float) -> Result:
        self.allowed[step.name] = left
        seconds = self._minutes.get(step.name, 1) * 60
        self.now += min(seconds, left)
        fails = seconds > left or step.name in self.broken
        return judged(step.name, seconds, 1 if fails else 0, "")

    def gate(
        self, wanted: Sequence[Step], minutes: float, *, full: Container[str]
    ) -> dict[str, str]:
        results = gate(wanted, minutes * 60, full=full, run=self.run, clock=lambda: self.now)
        self.results = list(results)
        self.failed = sum(each.failed for each in self.results)
        return {each.name: each.outcome for each in self.results}


def names(wanted: Sequence[Step]) -> list[str]:
    return [step.name for step in wanted]


def test_a_full_cache_has_every_step_run() -> None:
    machine, wanted = Machine(), steps("test", NOTHING)
    assert names(wanted) == ["build", *names(TEST), "disk", "vm"]
    assert set(machine.gate(wanted, 75, full=ALL).values()) == {"passed"}
    assert machine.failed == 0


def test_check_needs_no_build() -> None:
    assert names(steps("check", FROM_NOTHING)) == names(CHECK)


@pytest.mark.parametrize(("full", "failed"), [(ALL, 1), (("build",), 1), (("disk",), 0), ((), 0)])
def test_a_step_that_would_end_late_is_not_run_which_fails_where_the_cache_had_what_it_needs(
    full: Sequence[str], failed: int
) -> None:
    machine = Machine(build=50)
    wanted = [Step("build", (), 40), Step("long", (), 26), Step("short", (), 24)]
    outcome = machine.gate(wanted, 75, full=full)
    late = "NOT RUN: may take 26 minutes, 25 are left"
    assert outcome == {"build": "passed", "long": late, "short": "passed"}
    assert machine.failed == failed
    assert "long" not in machine.allowed


def test_on_an_empty_cache_the_build_may_take_three_times_its_estimate() -> None:
    assert steps("test", FROM_NOTHING)[0] == Step("build", [".venv/bin/ichor", "build"], 39)
    assert steps("test", dict.fromkeys(FROM_NOTHING, 20.0))[0].minutes == 0


def test_no_step_has_longer_than_what_is_left() -> None:
    machine = Machine(a=30)
    machine.gate([Step("a", (), 1), Step("b", (), 1)], 75, full=ALL)
    assert machine.allowed == {"a": 75 * 60, "b": 45 * 60}


def test_a_step_that_overruns_has_failed_and_the_rest_is_not_begun() -> None:
    machine = Machine(a=80)
    outcome = machine.gate([Step("a", (), 1), Step("b", (), 1)], 75, full=())
    late = "NOT RUN: may take 1 minutes, 0 are left"
    assert outcome == {"a": "failed", "b": late}
    assert machine.failed == 1


def test_without_a_build_only_what_needs_none_follows() -> None:
    machine = Machine(build=5)
    machine.broken = {"build"}
    outcome = machine.gate(steps("test", NOTHING), 75, full=ALL)
    lacks = {"NOT RUN: build is not there", "NOT RUN: disk is not there"}
    assert {name for name, how in outcome.items() if how in lacks} == {
        *("root", "interop", "cluster", "disk", "vm")
    }
    assert list(machine.allowed) == ["build", *names(CHECK), "branches"]
    assert machine.failed == 1


def test_machines_are_not_tried_where_there_is_no_time_for_their_kernel() -> None:
    machine = Machine(build=30, cluster=20)
    outcome = machine.gate(steps("test", FROM_NOTHING), 75, full=())
    assert outcome["cluster"] == "passed"
    assert outcome["disk"] == "NOT RUN: may take 30 minutes, 18 are left"
    assert outcome["vm"] == "NOT RUN: disk is not there"
    assert machine.failed == 0


def test_a_kernel_that_the_cache_lacked_is_not_owed_where_all_else_was_there() -> None:
    machine = Machine(cluster=60)
    lacking = {**NOTHING, "disk": FROM_NOTHING["disk"]}
    outcome = machine.gate(steps("test", lacking), 75, full=("build",))
    assert outcome["disk"].startswith("NOT RUN")
    assert machine.failed == 0


def test_a_kernel_is_built_where_there_is_time() -> None:
    machine = Machine(build=15, cluster=20, disk=15)
    outcome = machine.gate(steps("test", FROM_NOTHING), 75, full=())
    assert set(outcome.values()) == {"passed"}


def test_what_is_packed_anew_after_every_change_leaves_a_cache_full() -> None:
    assert is_full(20)
    assert not is_full(FROM_NOTHING["build"])


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        pytest.param(0, "12 passed in 3.40s", Result("x", 1, "passed", 12), id="passed"),
        pytest.param(
            0,
            "3 passed, 2 skipped in 3.40s",
            Result("x", 1, "passed", 3, skipped=2),
            id="skipped",
        ),
        pytest.param(
            1,
            "FAILED a\n2 failed, 10 passed, 1 error in 9.00s (0:00:09)",
            Result("x", 1, "failed", 10, 3),
            id="failed",
        ),
        pytest.param(2, "4 passed in 9.00s", Result("x", 1, "failed", 4, 1), id="interrupted"),
        pytest.param(0, "all is well", Result("x", 1, "passed", 1), id="no-pytest"),
        pytest.param(1, "Found 3 errors.", Result("x", 1, "failed", 0, 1), id="no-pytest-failed"),
        pytest.param(5, "no tests ran in 0.01s", Result("x", 1, "failed", 0, 1), id="no-tests"),
    ],
)
def test_a_step_is_judged_by_its_exit_code_and_pytests_last_line(
    code: int, text: str, expected: Result
) -> None:
    assert judged("x", 1, code, text) == expected


@contextmanager
def interruptions_held_back() -> Generator[None]:
    """Begin children with SIGINT held back, so that it cannot come before they expect it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_step_past_its_time_is_interrupted_and_cleans_up(tmp_path: Path) -> None:
    log, child = tmp_path / "log", tmp_path / "child.py"
    child.write_text(CLEANS)
    with interruptions_held_back():
        code = execute([sys.executable, str(child)], log, 0)
    assert code == 3
    assert log.read_text().splitlines() == ["cleaned", "", "gate: interrupted after 0 s"]


def test_a_gate_that_is_terminated_interrupts_its_step_and_the_children_of_that(
    tmp_path: Path,
) -> None:
    log, child, ready = tmp_path / "log", tmp_path / "child.py", tmp_path / "ready"
    os.mkfifo(ready)
    child.write_text(CLEANS.replace("while", f"open({str(ready)!r}, 'w').close()\nwhile"))

    def terminate() -> None:
        ready.read_bytes()
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, terminated)
    threading.Thread(target=terminate, daemon=True).start()
    try:
        with pytest.raises(SystemExit):
            execute(["sh", "-c", f"{sys.executable} {child}; exit $?"], log, 60)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert log.read_text() == "cleaned\n"


def test_an_interrupted_step_has_failed_even_if_it_ends_well(tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(CLEANS.replace("sys.exit(3)", "sys.exit(0)"))
    with interruptions_held_back():
        assert execute([sys.executable, str(child)], tmp_path / "log", 0) == 1


def test_a_step_in_time_gives_its_own_code_and_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert execute(["sh", "-c", "echo said; echo too >&2; exit 7"], log, 60) == 7
    assert log.read_text() == "said\ntoo\n"
