"""How phases are shown: named before they run, seconds after, and what they wait for between.

On a terminal the reason is rewritten in place; elsewhere it is a line, whenever it changes.
"""

import sys
import time
from collections.abc import Sequence

from ichor.provision.provisioner import Phase

_WIDTH = 24
_LONGEST = 110
# Elsewhere than on a terminal: reasons that change faster than this are not all told.
_SELDOM_S = 2.0


class Display:
    """Shows phases on the standard output, and keeps their seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name = ""
        self._start = self._said_at = 0.0
        self._said = ""
        self._terminal = sys.stdout.isatty()

    def run(self, phases: Sequence[Phase]) -> None:
        begin = time.monotonic()
        for phase in phases:
            self._run(phase)
        print(f"{'sum':<{_WIDTH}}{time.monotonic() - begin:8.2f} s", flush=True)

    def _run(self, phase: Phase) -> None:
        self._name, self._said = phase.name, ""
        self._start = time.monotonic()
        print(f"{phase.name:<{_WIDTH}}", end="", flush=True)
        try:
            phase.action()
        except BaseException:
            self._end("  failed")
            raise
        self._end("")

    def _end(self, outcome: str) -> None:
        seconds = time.monotonic() - self._start
        self.seconds[self._name] = seconds
        if self._terminal:
            print(f"\r\x1b[K{self._name:<{_WIDTH}}", end="")
        elif self._said:
            print(f"{self._name:<{_WIDTH}}", end="")
        print(f"{seconds:8.2f} s{outcome}", flush=True)

    def says(self, reason: str) -> None:
        """Tell what the phase that runs is waiting for."""
        now = time.monotonic()
        short = reason if len(reason) <= _LONGEST else f"{reason[: _LONGEST - 1]}…"
        passed = now - self._start
        if self._terminal:
            print(f"\r\x1b[K{self._name:<{_WIDTH}}{passed:8.0f} s  {short}", end="", flush=True)
        elif reason != self._said and (not self._said or now - self._said_at >= _SELDOM_S):
            lead = "" if self._said else "\n"
            print(f"{lead}{passed:{_WIDTH + 8}.2f} s  {short}", flush=True)
            self._said, self._said_at = reason, now
