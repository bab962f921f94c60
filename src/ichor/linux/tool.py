"""Run a program of the image to its end: input and output are files in memory.

The reaper waits for it, as for every child; so nothing here may be used without one.
"""

import os
from collections.abc import Sequence
from io import FileIO
from typing import NamedTuple

from ichor.linux.process import Reaper
from ichor.ports.service import Exit


class Done(NamedTuple):
    exit: Exit
    output: bytes
    errors: str

    @property
    def is_success(self) -> bool:
        return self.exit == Exit()


async def run(reaper: Reaper, argv: Sequence[str], given: bytes = b"") -> Done:
    """Run argv, its first a path. Raises OSError if it cannot be started."""
    with _memory("stdin") as stdin, _memory("stdout") as stdout, _memory("stderr") as stderr:
        stdin.write(given)
        stdin.seek(0)
        result = await reaper.watch(_spawn(argv, (stdin, stdout, stderr)))
        stdout.seek(0)
        stderr.seek(0)
        return Done(result, stdout.read(), stderr.read().decode(errors="replace").strip())


def _memory(name: str) -> FileIO:
    return FileIO(os.memfd_create(name, os.MFD_CLOEXEC), "r+")


def _spawn(argv: Sequence[str], standard: Sequence[FileIO]) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, file.fileno(), fd) for fd, file in enumerate(standard)]
    return os.posix_spawn(argv[0], list(argv), {}, file_actions=actions)
