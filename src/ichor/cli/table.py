"""Tables on the terminal: columns as wide as their widest cell, three blanks between.

Cells come from machines, and from whoever names a pod there: none steers the terminal.
"""

from collections.abc import Sequence

from ichor.dashboard.lines import printable


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows; the first is the heading, and alone it is printed, too."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip(), flush=True)


def size(value: float) -> str:
    """Write bytes in binary units for people: 4.0 KiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
