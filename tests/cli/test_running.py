import asyncio
import os
import signal
import subprocess
import sys

import pytest

from ichor.cli.running import run

# Interrupts itself at the moment that is asked for: while the loop is made, or closed.
PROGRAM = """
import asyncio, os, signal, sys
from ichor.cli.running import run
signal.signal(signal.SIGINT, signal.default_int_handler)
class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        super().__init__()
        if sys.argv[1] == "made":
            os.kill(os.getpid(), signal.SIGINT)
    def close(self):
        if sys.argv[1] == "closed" and not self.is_closed():
            os.kill(os.getpid(), signal.SIGINT)
        super().close()
class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop
asyncio.set_event_loop_policy(Policy())
async def main():
    if sys.argv[1] == "made":
        await asyncio.Event().wait()
try:
    run(main())
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("moment", ["made", "closed"])
def test_an_interruption_while_the_loop_is_made_or_closed_leaves_nothing_behind(
    moment: str,
) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", PROGRAM, moment],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_an_interruption_of_what_runs_cleans_up_and_is_raised() -> None:
    cleaned: list[bool] = []

    async def main() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        run(main())
    assert cleaned == [True]


def test_a_value_is_given_and_interruptions_are_as_before() -> None:
    async def main() -> int:
        return 7

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert run(main()) == 7
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
