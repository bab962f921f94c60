#!/usr/bin/env python3
"""Run the steps of the gate one after the other, each with its time, and say how it went.

    tools/gate.py [check | test]      check: what needs no cache; test: all of it

A step is a make target or a run of pytest. With a full cache every step is run; on an empty one
components are built first, the kernel of machines after the tests of nodes, and no step is begun
that would pass ICHOR_GATE_MINUTES (75): such are NOT RUN, which is a failure where what they need
was in the cache. What is still running at the end of the time is interrupted, cleans up and has
failed; a build goes on from there when it is run again. What a failed step wrote is kept and its
end shown. The last line sums up in pytest's words.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ".venv/bin/python"
PYTEST = [PYTHON, "-m", "pytest", "-q", "-rfE", "--durations=10"]
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
TAIL = 60
CLEANING_SECONDS = 180  # what a step has after its interruption, for the clusters of its fixtures
FULL_SECONDS = 120  # less than this to build, by the estimates, and the cache is called full
SLOWER = 3  # a machine that is busy, and modules that come slowly, against the estimate
COMPILING = 2  # the same of a kernel, which comes from one package
# What the steps build: by name, the targets of `ichor build` and the factor of their estimate.
BUILDS = {"build": ((), SLOWER), "disk": (("disk",), COMPILING)}


@dataclass(frozen=True)
class Step:
    """minutes: what it takes at most on two cores, by which a late one is not begun.

    needs: the step without which it cannot be run, if any.
    """

    name: str
    argv: Sequence[str]
    minutes: float
    needs: str = "build"


def pytest(name: str, marks: str, minutes: float, *more: str, needs: str = "build") -> Step:
    return Step(name, [*PYTEST, "-m", marks, *more, "tests"], minutes, needs)


def make(name: str, minutes: float) -> Step:
    return Step(name, ["make", "--no-print-directory", name], minutes, "")


CHECK = [
    *(make(name, minutes) for name, minutes in (("lint", 3), ("layers", 3), ("type", 6))),
    pytest("unit", "not root and not cluster and not interop and not vm", 6, "-n", "2", needs=""),
]
TEST = [
    *CHECK,
    make("branches", 6),
    pytest("root", "root and not cluster and not vm", 8),
    pytest("interop", "interop and not root and not cluster", 6),
    pytest("cluster", "cluster and not vm", 20),
]
# Emulated machines wait half of the time. A file shares its machine among its tests.
MACHINES = pytest("vm", "vm", 18, "-n", "2", "--dist", "loadfile", needs="disk")


@dataclass
class Result:
    name: str
    seconds: float
    outcome: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def steps(target: str, missing: Mapping[str, float]) -> list[Step]:
    """Give what is to be run. missing: by step, the estimated seconds of what the cache lacks."""
    if target == "check":
        return CHECK
    return [building("build", missing), *TEST, building("disk", missing), MACHINES]


def building(name: str, missing: Mapping[str, float]) -> Step:
    targets, slower = BUILDS[name]
    minutes = 0 if is_full(missing[name]) else slower * missing[name] / 60
    return Step(name, [".venv/bin/ichor", "build", *targets], minutes)


def is_full(missing_seconds: float) -> bool:
    """Say whether what takes long is built: our own package is packed anew after every change."""
    return missing_seconds < FULL_SECONDS


def gate(
    wanted: Sequence[Step],
    limit: float,
    *,
    full: Container[str],
    run: Callable[[Step, float], Result],
    clock: Callable[[], float],
) -> Iterator[Result]:
    """Run steps until `limit` seconds of the clock have gone, and none without what it needs.

    full: the builds that the cache had, which leave no excuse to what stands on them.
    """
    begin, absent = clock(), set[str]()
    for step in wanted:
        left = limit - (clock() - begin)
        if step.needs in absent:
            result = Result(step.name, 0, f"NOT RUN: {step.needs} is not there")
        elif step.minutes * 60 > left:
            why = f"NOT RUN: may take {step.minutes:.0f} minutes, {left / 60:.0f} are left"
            owed = step.name if step.name in BUILDS else step.needs or "build"
            result = Result(step.name, 0, why, failed=int(owed in full))
        else:
            result = run(step, left)
        if result.outcome != "passed":
            absent.add(step.name)
        yield result


def judged(name: str, seconds: float, code: int, text: str) -> Result:
    """Read how a step ended from its exit code and from pytest's last line."""
    lines = [line for line in text.splitlines() if COUNTS.search(line) and " in " in line]
    counts = {word: int(number) for number, word in COUNTS.findall(lines[-1] if lines else "")}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if code:
        passed = counts.get("passed", 0)
        return Result(name, seconds, "failed", passed, max(failed, 1), counts.get("skipped", 0))
    return Result(name, seconds, "passed", counts.get("passed", 1), 0, counts.get("skipped", 0))


def missing_seconds() -> dict[str, float]:
    """Estimate how long the builds take that are ahead; 0 if that fails: the build will say why."""
    code = (
        "from ichor.image.build import targets, DEFAULT; from ichor.image.cache import *;"
        "c = Cache(default_root()); t = targets(c); first = [t[n] for n in DEFAULT];"
        "whole = c.estimate([*first, t['disk']]); begin = c.estimate(first);"
        "print(begin, whole - begin)"
    )
    done = subprocess.run([PYTHON, "-c", code], check=False, capture_output=True, text=True)
    told = done.stdout.split() if done.returncode == 0 else ["0"] * len(BUILDS)
    return dict(zip(BUILDS, map(float, told), strict=True))


def execute(argv: Sequence[str], log: Path, seconds: float) -> int:
    """Run a program, its output to a file; after `seconds` it is interrupted, and cleans up.

    It has a process group of its own, all of which hears the interruption: make passes none on.
    """
    with log.open("wb") as file:
        done = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, process_group=0
        )
        try:
            return done.wait(seconds)
        except subprocess.TimeoutExpired:
            _interrupt(done)
            file.write(f"\ngate: interrupted after {seconds:.0f} s\n".encode())
            return done.returncode or 1
        except BaseException:
            _interrupt(done)
            raise


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(CLEANING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(step: Step, left: float, logs: Path) -> Result:
    """Run a step and say so; the log of one that failed stays."""
    print(f"gate: {step.name} ...", flush=True)
    log = logs / f"{step.name}.log"
    begin = time.monotonic()
    code = execute(step.argv, log, left)
    text = log.read_text(errors="replace")
    result = judged(step.name, time.monotonic() - begin, code, text)
    if code:
        print("\n".join(text.splitlines()[-TAIL:]))
        print(f"gate: {step.name} failed ({code}); all of it is in {log}")
    else:
        log.unlink()
    return result


def table(results: Sequence[Result]) -> None:
    print(f"\n{'STEP':<12}{'SECONDS':>9}{'PASSED':>8}{'FAILED':>8}{'SKIPPED':>9}  OUTCOME")
    for each in results:
        counts = f"{each.passed:>8}{each.failed:>8}{each.skipped:>9}"
        print(f"{each.name:<12}{each.seconds:>9.1f}{counts}  {each.outcome}")


def terminated(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main(argv: list[str]) -> int:
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = "src"
    os.environ.setdefault("ICHOR_KERNEL", "test")
    signal.signal(signal.SIGTERM, terminated)
    # A shell has what it begins in the background ignore it; our steps are interrupted by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begin, limit = time.monotonic(), float(os.environ.get("ICHOR_GATE_MINUTES", "75")) * 60
    missing = missing_seconds()
    full = [name for name, seconds in missing.items() if is_full(seconds)]
    logs = Path(tempfile.mkdtemp(prefix="ichor-gate-"))
    results: list[Result] = []
    for result in gate(
        steps(argv[1] if argv[1:] else "test", missing),
        limit,
        full=full,
        run=lambda step, left: run(step, left, logs),
        clock=time.monotonic,
    ):
        results.append(result)
        print(f"gate: {result.name} {result.outcome} after {result.seconds:.1f} s", flush=True)
    table(results)
    if not any(logs.iterdir()):
        logs.rmdir()
    passed, failed = (sum(getattr(each, word) for each in results) for word in ("passed", "failed"))
    print(f"all of it took {time.monotonic() - begin:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
