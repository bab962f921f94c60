"""How a build is shown: a bar on a terminal, one line a step elsewhere, nothing if quiet.

Estimates are what a step took last time on this machine, else a figure from a machine of two cores.
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

_NOTEWORTHY = 2.0  # seconds: shorter steps have no line of their own


class Silent:
    """Says nothing; for tests and for callers with a display of their own."""

    def plan(self, steps: Sequence[tuple[str, float]]) -> None: ...
    def began(self, name: str) -> None: ...
    def reached(self, name: str, fraction: float) -> None: ...
    def ended(self, name: str, seconds: float) -> None: ...
    def waits(self, holder: str) -> None: ...
    def says(self, line: str) -> None: ...


class Lines:
    """Plain lines on stderr: what is built, what is left, how long it takes."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}
        self._total = 0
        self._clock = Clock()

    def plan(self, steps: Sequence[tuple[str, float]]) -> None:
        self._left = dict(steps)
        self._total = len(steps)
        _say(f"build: {self._total} steps, about {_time(sum(self._left.values()))}")

    def began(self, name: str) -> None:
        if (seconds := self._left.get(name, 0)) >= _NOTEWORTHY:
            left = _time(sum(self._left.values()))
            done = self._total - len(self._left)
            _say(f"build: [{done + 1}/{self._total}] {name}, about {_time(seconds)} of {left} left")
        self._clock = Clock()

    def reached(self, name: str, fraction: float) -> None:
        if left := self._clock.tenth(fraction):
            _say(f"build: {name} {fraction:.0%}, about {_time(left)} left")

    def ended(self, name: str, seconds: float) -> None:
        expected = self._left.pop(name, 0)
        if max(seconds, expected) >= _NOTEWORTHY:
            _say(f"build: {name} took {seconds:.1f} s")

    def waits(self, holder: str) -> None:
        _say(f"build: waiting for another build to end ({holder})")

    def says(self, line: str) -> None:
        _say(f"build: {line}")


class Clock:
    """What is left of a step that tells how far it is, by what it took so far."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._told = 0

    def tenth(self, fraction: float) -> float:
        """Give the seconds that are left at every new tenth of the way, else 0."""
        if (tenth := int(fraction * 10)) == self._told:
            return 0.0
        self._told = tenth
        return self.left(fraction)

    def left(self, fraction: float) -> float:
        return (self._now() - self._began) * (1 - fraction) / fraction


class Bar:
    """One bar of estimated seconds, for a terminal."""

    def __init__(self) -> None:
        # Imported here because it costs 60 ms that `ichor get` need not pay.
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            transient=True,
        )
        self._task = self._progress.add_task("build", total=None, left="")
        self._left: dict[str, float] = {}
        self._done = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def plan(self, steps: Sequence[tuple[str, float]]) -> None:
        self._left = dict(steps)
        self._progress.update(self._task, total=sum(self._left.values()))

    def began(self, name: str) -> None:
        left = f"about {_time(sum(self._left.values()))} left"
        self._progress.update(self._task, description=f"build {name}", left=left)

    def reached(self, name: str, fraction: float) -> None:
        done = self._done + fraction * self._left.get(name, 0)
        self._progress.update(
            self._task, completed=done, description=f"build {name} {fraction:.0%}"
        )

    def ended(self, name: str, seconds: float) -> None:
        self._done += self._left.pop(name, 0)
        self._progress.update(self._task, completed=self._done)

    def waits(self, holder: str) -> None:
        self._progress.update(self._task, description=f"waiting for another build ({holder})")

    def says(self, line: str) -> None:
        self._progress.console.print(line)


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))).removeprefix("0:")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the display of a command
