"""The monitor: how much of a node is used, and by which processes."""

from collections.abc import Iterator, Sequence
from typing import Final

from ichor.dashboard.lines import Line, Span, Style, padded
from ichor.dashboard.seen import Numbers, Process, Rates, Seen, rates
from ichor.dashboard.state import Sort
from ichor.units import format_size

_LABEL: Final = 10
_WIDEST: Final = 50  # of a bar
_HOT: Final = 0.9


def monitor(node: Seen, sort: Sort, columns: int) -> Iterator[Line]:
    """Yield its lines, all processes last; rates are there from the second poll on."""
    if node.now is None:
        yield (Span("waiting for the first numbers", Style.FAINT),)
        return
    now, seen = node.now, rates(node.before, node.now) or Rates()
    used = now.memory_total - now.memory_available
    width = max(0, min(_WIDEST, columns - _LABEL - 30))
    yield _bar("CPU", seen.busy, f"{seen.busy:.1%}", width)
    share = used / now.memory_total if now.memory_total else 0.0
    yield _bar("MEMORY", share, f"{format_size(used)} of {format_size(now.memory_total)}", width)
    yield _row("LOAD", "  ".join(f"{one:.2f}" for one in now.load))
    yield _row("NETWORK", f"in {_speed(seen.received)}  out {_speed(seen.sent)}")
    yield _row("DISK", f"read {_speed(seen.read)}  written {_speed(seen.written)}")
    yield ()
    yield (Span(_process("PID", "CPU", "MEMORY", "PROCESS"), Style.FAINT),)
    for one in ordered(now, seen, sort):
        cpu = f"{seen.cpu.get(one.pid, 0.0):.1%}"
        yield (Span(_process(str(one.pid), cpu, format_size(one.resident), one.name)),)


def ordered(now: Numbers, seen: Rates, sort: Sort) -> Sequence[Process]:
    """Give the processes, those first that use most; what uses as much keeps its order by pid."""

    def key(one: Process) -> tuple[float, float, int]:
        cpu = seen.cpu.get(one.pid, 0.0)
        most = (cpu, one.resident) if sort is Sort.CPU else (one.resident, cpu)
        return -most[0], -most[1], one.pid

    return sorted(now.processes, key=key)


def _bar(label: str, share: float, text: str, width: int) -> Line:
    full = round(min(1.0, max(0.0, share)) * width)
    style = Style.BAD if share > _HOT else Style.GOOD
    bar = (Span("█" * full, style), Span("░" * (width - full), Style.FAINT))
    return (Span(padded(label, _LABEL), Style.FAINT), *bar, Span(f" {text}"))


def _speed(bytes_a_second: float) -> str:
    return f"{format_size(round(bytes_a_second))}/s"


def _row(label: str, value: str) -> Line:
    return (Span(padded(label, _LABEL), Style.FAINT), Span(value))


def _process(pid: str, cpu: str, memory: str, name: str) -> str:
    return f"{pid:>8} {cpu:>8} {memory:>12}  {name}"
