"""A terminal as a screen: raw while it is used, painted line by line, as it was in the end.

Escapes are those that xterm and the kernel's console share (console_codes(4)); no terminfo, which a
node does not have.
"""

import os
import termios
import tty
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from ichor.dashboard.lines import Line, Style
from ichor.errors import InputError

_STYLES: Final = {
    Style.PLAIN: "0",
    Style.TITLE: "0;1",
    Style.FAINT: "0;36",
    Style.GOOD: "0;32",
    Style.BAD: "0;31",
    Style.CHOSEN: "0;7",
}
# The alternate screen, where there is one; cleared; no cursor.
_BEGIN: Final = "\x1b[?1049h\x1b[H\x1b[2J\x1b[?25l"
_END: Final = "\x1b[0m\x1b[?25h\x1b[?1049l"
_DEFAULT: Final = os.terminal_size((80, 25))
_READ: Final = 1024


def painted(line: Line) -> str:
    """Give a line with its styles. Erased before: after a full one, its last letter would be."""
    spans = "".join(f"\x1b[{_STYLES[span.style]}m{span.text}" for span in line)
    return f"\x1b[0m\x1b[K{spans}\x1b[0m"


class Terminal:
    """Of two descriptors of one terminal. Raises InputError where they are none."""

    def __init__(self, source: int, target: int) -> None:
        if not (os.isatty(source) and os.isatty(target)):
            raise InputError("a dashboard needs a terminal", hint="call it without a pipe")
        self.source = source
        self._target = target
        self._before: Sequence[Line | None] = ()
        self._size = _DEFAULT
        self._found = termios.tcgetattr(source)

    def __enter__(self) -> Self:
        tty.setraw(self.source)
        self._write(_BEGIN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write(_END)
        termios.tcsetattr(self.source, termios.TCSADRAIN, self._found)

    def size(self) -> os.terminal_size:
        """Give columns and lines; a serial line that does not know its size has 80 by 25."""
        size = os.get_terminal_size(self._target)
        return size if size.columns and size.lines else _DEFAULT

    def paint(self, lines: Sequence[Line]) -> None:
        """Write what changed since the last time; all of it where the size did."""
        if (size := self.size()) != self._size:
            self._size, self._before = size, ()
            self._write("\x1b[2J")
        before = (*self._before, *(None,) * (len(lines) - len(self._before)))
        changed = (
            f"\x1b[{row};1H{painted(line)}"
            for row, (line, old) in enumerate(zip(lines, before, strict=False), 1)
            if line != old
        )
        self._write("".join(changed))
        self._before = tuple(lines)

    def read(self) -> bytes:
        return os.read(self.source, _READ)

    def _write(self, text: str) -> None:
        raw = text.encode()
        while raw:
            raw = raw[os.write(self._target, raw) :]
