"""/proc, read for the machine API: thin readers over formats.procfs and formats.mountinfo.

And of /sys what /proc tells badly: clock rates (admin-guide/pm/cpufreq.rst).
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ichor.formats import mountinfo, procfs

_PROC = Path("/proc")
_CPUS = Path("/sys/devices/system/cpu")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")


class ProcessInfo(NamedTuple):
    """A process as `ps` shows it; executable is empty for a kernel thread or if we may not see."""

    pid: int
    parent: int
    state: str
    threads: int
    cpu_seconds: float
    virtual_bytes: int
    resident_bytes: int
    command: str
    executable: str
    arguments: str


class MountSpace(NamedTuple):
    source: str
    target: str
    size_bytes: int
    available_bytes: int


class Frequency(NamedTuple):
    """Clock rates of a processor in kHz, and what chooses the current one."""

    current: int
    minimum: int
    maximum: int
    governor: str


def loadavg() -> procfs.LoadAverage:
    return procfs.loadavg(_read("loadavg"))


def meminfo() -> Mapping[str, int]:
    return procfs.meminfo(_read("meminfo"))


def stat() -> procfs.SystemStat:
    return procfs.stat(_read("stat"))


def diskstats() -> tuple[procfs.DiskStat, ...]:
    return procfs.diskstats(_read("diskstats"))


def net_dev() -> tuple[procfs.NetStat, ...]:
    return procfs.net_dev(_read("self/net/dev"))


def cpuinfo() -> tuple[Mapping[str, str], ...]:
    return procfs.cpuinfo(_read("cpuinfo"))


def frequencies(cpus: Path = _CPUS) -> Iterator[Frequency]:
    """Give those of processors whose driver tells them, by number; virtual ones have none."""
    folders = [one for one in cpus.glob("cpu*") if one.name[3:].isdecimal()]
    for folder in sorted(folders, key=lambda one: int(one.name[3:])):
        with suppress(OSError, ValueError):  # it was taken off meanwhile, or does not know
            yield _frequency(folder / "cpufreq")


def uptime() -> float:
    return procfs.uptime(_read("uptime"))


def processes() -> Iterator[ProcessInfo]:
    """Give the processes of our pid namespace; one that ends meanwhile is left out."""
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                yield _process(folder)


def with_programs(pids: Iterable[int]) -> Iterator[int]:
    """Give those that run a program: a thread of the kernel has none, and stays where it is."""
    for pid in pids:
        with suppress(OSError):
            (_PROC / str(pid) / "exe").readlink()
            yield pid


def mount_space() -> Generator[MountSpace]:
    """Give sizes of the mounts we can ask; one whose server is gone blocks the caller."""
    for entry in mountinfo.parse(_read("self/mountinfo")):
        with suppress(OSError):
            space = os.statvfs(entry.target)
            size, available = space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize
            yield MountSpace(entry.source, entry.target, size, available)


def _frequency(folder: Path) -> Frequency:
    current, minimum, maximum = (
        int((folder / f"scaling_{name}_freq").read_text()) for name in ("cur", "min", "max")
    )
    governor = (folder / "scaling_governor").read_text().strip()
    return Frequency(current, minimum, maximum, governor)


def _process(folder: Path) -> ProcessInfo:
    seen = procfs.process_stat((folder / "stat").read_text(encoding="utf-8", errors="replace"))
    raw = (folder / "cmdline").read_bytes().rstrip(b"\0")
    try:
        executable = str((folder / "exe").readlink())
    except OSError:
        executable = ""
    return ProcessInfo(
        pid=seen.pid,
        parent=seen.parent,
        state=seen.state,
        threads=seen.threads,
        cpu_seconds=(seen.user_ticks + seen.system_ticks) / TICKS,
        virtual_bytes=seen.virtual_bytes,
        resident_bytes=seen.resident_pages * PAGE,
        command=seen.comm,
        executable=executable,
        arguments=raw.replace(b"\0", b" ").decode(errors="replace"),
    )


def _read(name: str) -> str:
    return (_PROC / name).read_text(encoding="utf-8", errors="replace")
