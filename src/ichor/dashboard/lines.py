"""Lines of a screen: spans of text in a style, each line as wide as the screen at most.

Text comes from machines and may hold anything: what would move the cursor, or is not as wide as one
column, is shown as a question mark. So the number of characters is the number of columns.
"""

import enum
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_SIMPLE: Final = 0x300  # below: Latin letters of one column; above begin marks without any
_DRAWN: Final = frozenset("─│█░")


class Style(enum.Enum):
    PLAIN = "plain"
    TITLE = "title"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    CHOSEN = "chosen"


class Span(NamedTuple):
    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]


def clean(text: str) -> str:
    return "".join(map(_of_one_column, printable(text)))


def printable(text: str) -> str:
    """Take away what would steer a terminal, and keep to one line."""
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else " " if letter.isspace() else "?"


def _of_one_column(letter: str) -> str:
    return letter if letter in _DRAWN or ord(letter) < _SIMPLE else "?"


def fit(spans: Iterable[Span], columns: int) -> Line:
    """Clean a line and cut it."""
    made: list[Span] = []
    left = columns
    for span in spans:
        text = clean(span.text)[:left]
        left -= len(text)
        if text:
            made.append(Span(text, span.style))
    return tuple(made)


def padded(text: str, width: int) -> str:
    return clean(text)[:width].ljust(width)


def text(line: Line) -> str:
    return "".join(span.text for span in line)


def beside(left: Sequence[Line], right: Sequence[Line], width: int) -> tuple[Line, ...]:
    """Put two columns beside each other; width: of the left one."""
    made: list[Line] = []
    for number in range(max(len(left), len(right))):
        one = fit(left[number], width - 1) if number < len(left) else ()
        gap = Span(" " * (width - len(text(one))))
        made.append((*one, gap, *(right[number] if number < len(right) else ())))
    return tuple(made)


def screen(lines: Iterable[Line], rows: int, columns: int) -> tuple[Line, ...]:
    """Give exactly so many rows, each cut to the columns."""
    made = [fit(line, columns) for line in lines][:rows]
    return (*made, *((),) * (rows - len(made)))
