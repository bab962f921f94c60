"""Run a function of a test module in an interpreter of its own: one thread, no other children.

What owns SIGCHLD, forks or changes namespaces must not do so in pytest's process.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def fresh(function: Callable[[], None], *wrapper: str, timeout: float = 60) -> str:
    """Give what it printed; fails with its traceback. wrapper: as `unshare --mount`."""
    code = f"from {function.__module__} import {function.__qualname__} as f; f()"
    argv = [*wrapper, sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        argv, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
