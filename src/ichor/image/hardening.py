"""How hard it is: kernels by kernel-hardening-checker's own counts, programs by their ELF file.

The package is pure Python and of Debian's newest suite; it runs by this interpreter, isolated.
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ichor.formats import elf
from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.process import run

_CHECKER = "kernel-hardening-checker"
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    "from kernel_hardening_checker import main; main()"
)


class Finding(NamedTuple):
    """kind: kconfig, cmdline or sysctl. wanted, told: in the checker's words."""

    name: str
    kind: str
    wanted: str
    told: str
    is_ok: bool


def checker_step() -> Step:
    return debian.steps((_CHECKER,))[_CHECKER]


def findings(
    cache: Cache,
    config: Path,
    arguments: Sequence[str] = (),
    sysctls: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Check a configuration, and with it a command line and sysctls if any are given."""
    package = cache.path(checker_step()) / "usr/lib/python3/dist-packages"
    argv: list[str | Path] = [
        sys.executable,
        "-IB",
        "-c",
        _START,
        package,
        "-m",
        "json",
        "-c",
        config,
    ]
    with tempfile.TemporaryDirectory(prefix="ichor-hardening-") as name:
        work = Path(name)
        if arguments:
            (work / "cmdline").write_text(" ".join(arguments) + "\n")
            argv += ["-l", work / "cmdline"]
        if sysctls:
            text = "".join(f"{key} = {value}\n" for key, value in sysctls.items())
            (work / "sysctl").write_text(text)
            argv += ["-s", work / "sysctl"]
        rows: list[dict[str, object]] = json.loads(run(argv))
    return [_finding(row) for row in rows]


def weaknesses(program: bytes) -> list[str]:
    """Name each protection that a program or library of ours goes without. Raises FormatError."""
    return [name for name, is_there in elf.protections(program)._asdict().items() if not is_there]


def _finding(row: Mapping[str, object]) -> Finding:
    fields = ("option_name", "type", "desired_val", "check_result")
    name, kind, wanted, told = (str(row[field]) for field in fields)
    return Finding(name, kind, wanted, told, bool(row["check_result_bool"]))
