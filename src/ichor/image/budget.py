"""What the root may weigh and hold: components/budget.toml, and what is more than that."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ichor.errors import FormatError, InputError
from ichor.image import checkout
from ichor.image.inspect import Report


class Budget(NamedTuple):
    """root: bytes. executables: the reason of each, by its path."""

    root: int
    executables: Mapping[str, str]


def read(path: Path | None = None) -> Budget:
    """Raises InputError where the file says it another way."""
    file = path or checkout.components() / "budget.toml"
    try:
        found = tomllib.loads(file.read_text())
        programs = {str(name): str(why) for name, why in found["executables"].items()}
        budget = Budget(int(found["root"]), programs)
    except (tomllib.TOMLDecodeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(f"expected root and [executables]: {error}", path=str(file)) from None
    unexplained = [name for name, why in programs.items() if not why.strip()]
    if unexplained:
        raise InputError(f"{unexplained[0]} has no reason", path=str(file))
    return budget


def excesses(report: Report, budget: Budget) -> Iterator[str]:
    """Yield what is too much, and what is listed and not there."""
    if report.squashfs > budget.root:
        yield f"root: {report.squashfs} bytes, {budget.root} at most"
    there, listed = set(report.executables), set(budget.executables)
    yield from (f"executable without a reason: {name}" for name in sorted(there - listed))
    yield from (f"listed and not there: {name}" for name in sorted(listed - there))
    forbidden = {
        "setuid or setgid": report.setuid,
        "shell": report.shells,
        "package database": report.package_databases,
    }
    for kind, names in forbidden.items():
        yield from (f"{kind}: {name}" for name in names)


def check(report: Report, budget: Budget) -> None:
    """Raises FormatError with all that is too much."""
    if found := list(excesses(report, budget)):
        raise FormatError(f"a root within components/budget.toml, not {'; '.join(found)}")
