"""Run the programs that building needs; a failure shows the end of what they said."""

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ichor.errors import IchorError, InputError

_TAIL = 30


class BuildFailed(IchorError):  # noqa: N818 - an outcome, as NotFound
    """A program that a step runs ended with an error."""


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    package: str = "",
) -> str:
    """Run to the end and give what it wrote. package: the Debian package that has the program.

    Raises BuildFailed with the last lines of output; InputError if there is no such program.
    """
    args = [str(each) for each in argv]
    try:
        done = subprocess.run(
            args,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except FileNotFoundError as err:
        hint = f"apt-get install {package}" if package else ""
        raise InputError(f"no program {args[0]!r} on this machine", hint=hint) from err
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        tail = "\n".join(text.splitlines()[-_TAIL:])
        raise BuildFailed(f"{' '.join(args[:4])} … ended with {done.returncode}:\n{tail}")
    return text


def follow(argv: Sequence[str], env: Mapping[str, str], told: Callable[[str], None]) -> None:
    """Run to the end, giving each line to `told` as it comes. Raises BuildFailed with the last."""
    last: deque[str] = deque(maxlen=_TAIL)
    with subprocess.Popen(
        argv,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                told(last[-1])
        except BaseException:
            process.kill()  # an interrupted build does not wait for what it has started
            raise
    if process.returncode:
        tail = "\n".join(last)
        raise BuildFailed(f"{argv[-1]} … ended with {process.returncode}:\n{tail}")


def niceness() -> None:
    """Be polite for the rest of this process: a build is never more urgent than a cluster."""
    os.nice(max(0, 10 - os.nice(0)))
