"""Clock rates of processors, as their drivers say: Documentation/admin-guide/pm/cpufreq.rst."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_CPUS = Path("/sys/devices/system/cpu")


class Frequency(NamedTuple):
    """In kHz, and what chooses the rate between minimum and maximum."""

    current: int
    minimum: int
    maximum: int
    governor: str


def frequencies(cpus: Path = _CPUS) -> Iterator[Frequency]:
    """Give one of each processor whose rate is told, by number; in a virtual machine there is none.

    One that is taken off meanwhile is left out.
    """
    folders = [one for one in cpus.glob("cpu*") if one.name[3:].isdecimal()]
    for folder in sorted(folders, key=lambda one: int(one.name[3:])):
        with suppress(OSError, ValueError):
            yield _frequency(folder / "cpufreq")


def _frequency(folder: Path) -> Frequency:
    current, minimum, maximum = (
        int((folder / f"scaling_{name}_freq").read_text()) for name in ("cur", "min", "max")
    )
    governor = (folder / "scaling_governor").read_text().strip()
    return Frequency(current, minimum, maximum, governor)
