"""A command on a terminal, as somebody before it uses it."""

import os
import re
import select
import signal
import struct
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from termios import TIOCSWINSZ

LONGEST_S = 60.0
RIGHT = b"\x1b[C"


class Terminal:
    """pressing a key forgets what was said before it."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master = master
        self._process = process
        self._said = b""

    def until(self, *words: str) -> None:
        limit = time.monotonic() + LONGEST_S
        while not all(word in self._text for word in words):
            left = limit - time.monotonic()
            ready, _, _ = select.select([self._master], [], [], max(0.0, left))
            assert ready, f"{words} are not all in:\n{self._text}"
            self._said += os.read(self._master, 65536)

    def press(self, keys: bytes) -> None:
        self._said = b""
        os.write(self._master, keys)

    def ended(self) -> int:
        return self._process.wait(LONGEST_S)

    @property
    def _text(self) -> str:
        said = self._said.decode(errors="replace")
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", said)


@contextmanager
def on_terminal(argv: Sequence[str], environment: Mapping[str, str]) -> Generator[Terminal]:
    master, slave = os.openpty()
    ioctl(slave, TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
    process = subprocess.Popen(
        argv, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    try:
        yield Terminal(master, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(slave)
        os.close(master)
