"""Files of /proc -> values, see proc(5): one function per file, text in, numbers out.

A line that a newer kernel adds is left out; a line that we need and that is not there is a
FormatError.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ichor.errors import FormatError


class LoadAverage(NamedTuple):
    one: float
    five: float
    fifteen: float
    running: int
    total: int


class CpuTimes(NamedTuple):
    """Clock ticks (USER_HZ, 100 a second) since boot."""

    user: int = 0
    nice: int = 0
    system: int = 0
    idle: int = 0
    iowait: int = 0
    irq: int = 0
    softirq: int = 0
    steal: int = 0
    guest: int = 0
    guest_nice: int = 0


class SystemStat(NamedTuple):
    boot_time: int
    total: CpuTimes
    cpus: tuple[CpuTimes, ...]
    interrupts: int
    interrupt: tuple[int, ...]
    context_switches: int
    forks: int
    running: int
    blocked: int
    softirqs: int
    softirq: tuple[int, ...]


class DiskStat(NamedTuple):
    """Sectors are of 512 bytes, times in milliseconds; Documentation/admin-guide/iostats.rst."""

    major: int
    minor: int
    name: str
    reads: int
    reads_merged: int
    sectors_read: int
    read_ms: int
    writes: int
    writes_merged: int
    sectors_written: int
    write_ms: int
    in_flight: int
    io_ms: int
    weighted_ms: int
    discards: int = 0
    discards_merged: int = 0
    sectors_discarded: int = 0
    discard_ms: int = 0


class NetStat(NamedTuple):
    name: str
    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    rx_fifo: int
    rx_frame: int
    rx_compressed: int
    rx_multicast: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int
    tx_fifo: int
    tx_collisions: int
    tx_carrier: int
    tx_compressed: int


class ProcessStat(NamedTuple):
    """Times in clock ticks, virtual memory in bytes, resident memory in pages."""

    pid: int
    comm: str
    state: str
    parent: int
    user_ticks: int
    system_ticks: int
    threads: int
    start_ticks: int
    virtual_bytes: int
    resident_pages: int


def loadavg(text: str) -> LoadAverage:
    parts = text.split()
    if len(parts) < 4 or "/" not in parts[3]:
        raise FormatError("five fields of loadavg")
    running, _, total = parts[3].partition("/")
    one, five, fifteen = (_float(part) for part in parts[:3])
    return LoadAverage(one, five, fifteen, _int(running), _int(total))


def uptime(text: str) -> float:
    return _float((text.split() or [""])[0])


def meminfo(text: str) -> Mapping[str, int]:
    """Give the kernel's names -> its numbers, kB except for HugePages_*."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        found[name] = _int((rest.split() or [""])[0])
    return found


def stat(text: str) -> SystemStat:
    rows = {name: rest.split() for name, _, rest in (s.partition(" ") for s in text.splitlines())}
    if "cpu" not in rows:
        raise FormatError("a line cpu")
    cpus = [_times(row) for name, row in rows.items() if name[:3] == "cpu" and name[3:].isdigit()]
    interrupts, softirqs = (_ints(rows.get(name, ["0"])) for name in ("intr", "softirq"))
    one = {name: _int(row[0]) for name, row in rows.items() if len(row) == 1}
    return SystemStat(
        boot_time=one.get("btime", 0),
        total=_times(rows["cpu"]),
        cpus=tuple(cpus),
        interrupts=interrupts[0],
        interrupt=interrupts[1:],
        context_switches=one.get("ctxt", 0),
        forks=one.get("processes", 0),
        running=one.get("procs_running", 0),
        blocked=one.get("procs_blocked", 0),
        softirqs=softirqs[0],
        softirq=softirqs[1:],
    )


def diskstats(text: str) -> tuple[DiskStat, ...]:
    return tuple(_disk(line.split()) for line in text.splitlines())


def net_dev(text: str) -> tuple[NetStat, ...]:
    return tuple(_net(line) for line in text.splitlines()[2:])


def cpuinfo(text: str) -> tuple[Mapping[str, str], ...]:
    """Give one map a processor, with the kernel's names, which differ between machines."""
    blocks = (dict(_pairs(block)) for block in text.split("\n\n"))
    return tuple(block for block in blocks if "processor" in block)


def process_stat(text: str) -> ProcessStat:
    """Read /proc/PID/stat; comm may hold blanks and parentheses, so the last `)` ends it."""
    head, bracket, tail = text.rpartition(")")
    pid, opening, comm = head.partition(" (")
    fields = tail.split()
    if not bracket or not opening or len(fields) < 22:
        raise FormatError("pid (comm) and 22 fields or more")
    return ProcessStat(
        pid=_int(pid),
        comm=comm,
        state=fields[0],
        parent=_int(fields[1]),
        user_ticks=_int(fields[11]),
        system_ticks=_int(fields[12]),
        threads=_int(fields[17]),
        start_ticks=_int(fields[19]),
        virtual_bytes=_int(fields[20]),
        resident_pages=_int(fields[21]),
    )


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _times(row: list[str]) -> CpuTimes:
    return CpuTimes(*_ints(row[: len(CpuTimes._fields)]))


def _disk(row: list[str]) -> DiskStat:
    if len(row) < 14:
        raise FormatError("14 fields of diskstats or more")
    return DiskStat(_int(row[0]), _int(row[1]), row[2], *_ints(row[3:18]))


def _net(line: str) -> NetStat:
    name, _, rest = line.rpartition(":")
    numbers = _ints(rest.split())
    if len(numbers) != 16:
        raise FormatError("16 counters of a link")
    return NetStat(name.strip(), *numbers)


def _ints(row: list[str]) -> tuple[int, ...]:
    return tuple(_int(each) for each in row) or (0,)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise FormatError(f"a number, not {text!r}") from error


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise FormatError(f"a number, not {text!r}") from error
