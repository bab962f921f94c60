#!/usr/bin/env python3
"""Run the steps of the gate one after the other, each with its time, and say how it went.

    tools/gate.py [check | test]      check: what needs no cache; test: all of it

A step is a make target or a run of pytest. With a full cache every step is run; on an empty one
components are built first, and no step is begun that would pass ICHOR_GATE_MINUTES (75): such are
NOT RUN, which is a failure where the cache was full. What a failed step wrote is kept and its end
shown. The last line sums up in pytest's words.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ".venv/bin/python"
PYTEST = [PYTHON, "-m", "pytest", "-q", "-rfE", "--durations=10"]
COUNTS = re.compile(r"(\d+) (passed|failed|errors?)\b")
TAIL = 60


@dataclass(frozen=True)
class Step:
    """minutes: what it takes at most on two cores, by which a late one is not begun."""

    name: str
    argv: list[str]
    minutes: float

    @property
    def is_build(self) -> bool:
        return self.name == "build"


def pytest(name: str, marks: str, minutes: float, *more: str) -> Step:
    return Step(name, [*PYTEST, "-m", marks, *more, "tests"], minutes)


CHECK = [Step(name, ["make", "--no-print-directory", name], 3) for name in ("lint", "layers")] + [
    Step("type", ["make", "--no-print-directory", "type"], 6),
    pytest("unit", "not root and not cluster and not interop and not vm", 6, "-n", "2"),
]
TEST = [
    *CHECK,
    pytest("root", "root and not cluster and not vm", 8),
    pytest("interop", "interop and not root and not cluster", 6),
    pytest("cluster", "cluster and not vm", 20),
]


@dataclass
class Result:
    step: Step
    seconds: float
    outcome: str
    passed: int = 0
    failed: int = 0


def is_cached() -> bool:
    """Say whether what takes long is built: our own package is packed anew after every change."""
    code = (
        "from ichor.image.build import targets, DEFAULT; from ichor.image.cache import *;"
        "c = Cache(default_root()); t = targets(c);"
        "print(sum(s.name[:3] in ('go/', 'deb') for s in c.missing([t[n] for n in DEFAULT])))"
    )
    done = subprocess.run([PYTHON, "-c", code], check=False, capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == "0"


def run(step: Step, logs: Path, left: float) -> Result:
    """Run one, its output to a file; after `left` seconds it is interrupted, and cleans up."""
    log = logs / f"{step.name}.log"
    begin = time.monotonic()
    with log.open("wb") as file:
        done = subprocess.Popen(
            step.argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            done.wait(left)
        except subprocess.TimeoutExpired:
            done.send_signal(signal.SIGINT)
            done.wait()
    seconds = time.monotonic() - begin
    text = log.read_text(errors="replace")
    counts = {word: int(number) for number, word in COUNTS.findall(_last(text))}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if done.returncode and not failed:
        failed = 1
    if not done.returncode:
        log.unlink()
    else:
        print("\n".join(text.splitlines()[-TAIL:]))
        print(f"gate: {step.name} failed ({done.returncode}); all of it is in {log}", flush=True)
    passed = counts.get("passed", 0 if done.returncode else 1)
    return Result(step, seconds, "failed" if done.returncode else "passed", passed, failed)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if COUNTS.search(line) and " in " in line]
    return lines[-1] if lines else ""


def table(results: list[Result]) -> None:
    print(f"\n{'STEP':<12}{'SECONDS':>9}{'PASSED':>8}{'FAILED':>8}  OUTCOME")
    for each in results:
        counts = f"{each.passed:>8}{each.failed:>8}"
        print(f"{each.step.name:<12}{each.seconds:>9.1f}{counts}  {each.outcome}")


def main(argv: list[str]) -> int:
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = "src"
    begin, limit = time.monotonic(), float(os.environ.get("ICHOR_GATE_MINUTES", "75")) * 60
    steps = CHECK if argv[1:] == ["check"] else TEST
    was_full = is_cached()
    if steps is TEST:
        steps = [Step("build", [".venv/bin/ichor", "build"], 0 if was_full else 40), *steps]
    logs = Path(tempfile.mkdtemp(prefix="ichor-gate-"))
    results: list[Result] = []
    for step in steps:
        left = limit - (time.monotonic() - begin)
        if step.minutes * 60 > left:
            results.append(Result(step, 0, "NOT RUN", failed=1 if was_full else 0))
            print(f"gate: {step.name} NOT RUN: {left / 60:.0f} minutes are left", flush=True)
            continue
        print(f"gate: {step.name} ...", flush=True)
        results.append(run(step, logs, left))
        print(f"gate: {step.name} {results[-1].outcome} in {results[-1].seconds:.1f} s", flush=True)
        if step.is_build and results[-1].failed:
            break
    table(results)
    if not any(logs.iterdir()):
        logs.rmdir()
    passed, failed = (sum(getattr(each, word) for each in results) for word in ("passed", "failed"))
    print(f"all of it took {time.monotonic() - begin:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
