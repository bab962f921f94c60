"""Drawing: a state and a size -> the lines of a screen, a pure function.

n1 (10.5.0.2): v1.14.0, up 2h 03m, CPU 12%, memory 40% of 4.0 GB, load 0.50, ...
───────────────────────────────────
the screen that was chosen
───────────────────────────────────
nodes, where there are several, and keys
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ichor.dashboard.lines import Line, Span, Style, screen
from ichor.dashboard.monitor import monitor
from ichor.dashboard.seen import Numbers, Seen, rates
from ichor.dashboard.state import Screen, State
from ichor.dashboard.summary import summary
from ichor.units import format_size

_FRAME: Final = 4  # rows of head and foot


def draw(state: State, rows: int, columns: int) -> tuple[Line, ...]:
    """Give exactly so many lines, none longer than that."""
    space = max(0, rows - _FRAME)
    rule = (Span("─" * columns, Style.FAINT),)
    body = screen(_body(state, space, columns), space, columns)
    lines = (head(state.node), rule, *body, rule, foot(state))
    return screen(lines, rows, columns)


def _body(state: State, rows: int, columns: int) -> Iterator[Line]:
    node = state.node
    if node.trouble:
        yield (Span(node.trouble, Style.BAD),)
    match state.screen:
        case Screen.SUMMARY:
            above = tuple(summary(node.facts, columns))
            yield from above
            yield (Span("─" * columns, Style.FAINT),)
            yield from log(node.log, rows - len(above) - 1 - bool(node.trouble), 0)
        case Screen.MONITOR:
            yield from monitor(node, state.sort, columns)
        case Screen.LOG:
            yield from log(node.log, rows - bool(node.trouble), state.scroll)


def head(node: Seen) -> Line:
    facts, now = node.facts, node.now
    name = facts.hostname or node.name or "this machine"
    given = f" ({node.name})" if node.name and node.name != name else ""
    parts = [facts.version] if facts.version else []
    if now is not None:
        if now.boot_time:
            parts.append(f"up {duration(node.time_s - now.boot_time)}")
        parts += _use(node, now)
    return (Span(f"{name}{given}", Style.TITLE), Span(": " + ", ".join(parts) if parts else ""))


def _use(node: Seen, now: Numbers) -> Iterator[str]:
    seen = rates(node.before, now)
    if seen is not None:
        yield f"CPU {seen.busy:.0%}"
    share = (now.memory_total - now.memory_available) / max(1, now.memory_total)
    yield f"memory {share:.0%} of {format_size(now.memory_total)}"
    yield f"load {now.load[0]:.2f}"
    yield f"{len(now.processes)} processes"
    clock = f" {now.frequency_khz / 1e6:.2f} GHz" if now.frequency_khz else ""
    yield f"{now.processors} x {now.processor or 'processor'}{clock}"


def log(lines: Sequence[str], rows: int, scroll: int) -> Iterator[Line]:
    """Yield the last lines, less those that are scrolled away below."""
    end = max(0, len(lines) - scroll)
    for one in lines[max(0, end - max(0, rows)) : end] if rows > 0 else ():
        yield (Span(one),)


def foot(state: State) -> Line:
    spans: list[Span] = []
    if len(state.nodes) > 1:
        for number, node in enumerate(state.nodes):
            style = Style.CHOSEN if number == state.chosen else Style.FAINT
            spans += [Span(f" {node.facts.hostname or node.name} ", style), Span(" ")]
    for number, one in enumerate(Screen, 1):
        style = Style.CHOSEN if one is state.screen else Style.FAINT
        spans += [Span(f"[F{number}] {one.value}", style), Span("  ")]
    return (*spans, *(Span(f"{one}  ", Style.FAINT) for one in keys(state)))


def keys(state: State) -> Iterable[str]:
    if len(state.nodes) > 1:
        yield "[left, right] node"
    if state.screen is Screen.MONITOR:
        yield "[c, m] by processor, memory"
    if state.screen is Screen.LOG:
        yield "[up, down] scroll"
    if not state.is_own:
        yield "[q] quit"


def duration(seconds: float) -> str:
    """Write a time in its two largest units: 3d 4h, 2h 05m, 5m 09s."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"
