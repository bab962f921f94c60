"""What our processes load before they do anything: every module costs memory on every node, and
time where Python starts slowly (a machine under emulation needs seconds).

Counted in a fresh interpreter of the tests' own; private bytes differ little from the image's.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ichor.apps.zygote.main import DAEMONS

SRC = Path(__file__).parents[2] / "src"
# What has no place on a node that does not sign, or none on a node at all.
NEVER = frozenset(
    (
        "click",
        "cryptography",
        "doctest",
        "http.server",
        "multiprocessing",
        "pdb",
        "pyroute2",
        "rich",
        "sqlite3.dbapi2",
        "textual",
        "unittest",
        "xml.etree",
    )
)
# What a node at rest in maintenance mode has not asked for yet, and what asks loads itself.
LATER = frozenset(("difflib", "ichor.peers.etcd", "ichor.proto.etcd", "tarfile", "zipfile"))
PROGRAM = """
import importlib, json, re, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
rollup = open("/proc/self/smaps_rollup").read()
private = sum(int(size) for size in re.findall(r"^Private_Dirty: +([0-9]+) kB", rollup, re.M))
print(json.dumps([sorted(sys.modules), private]))
"""


def loaded(*names: str) -> tuple[frozenset[str], int]:
    """Give the modules that importing these loads, and the KiB that are then private."""
    command = [sys.executable, "-IS", "-c", f"import sys; sys.path[:0] = {PATHS!r}\n{PROGRAM}"]
    done = subprocess.run([*command, *names], capture_output=True, text=True, check=True)
    modules, private = json.loads(done.stdout)
    return frozenset(modules), int(private)


PATHS = [str(SRC), *(path for path in sys.path if path.endswith("site-packages"))]


@pytest.mark.parametrize(
    ("names", "modules", "kib", "but"),
    [
        # PID 1 until it forks the zygote; the zygote; PID 1 with all controllers; a machine.
        pytest.param(("ichor.apps.machined.main",), 235, 16_000, (), id="main"),
        pytest.param(DAEMONS, 400, 23_000, (), id="zygote"),
        pytest.param(
            ("ichor.apps.machined.main", "ichor.apps.machined.machine"),
            970,
            35_000,
            ("sqlite3.dbapi2",),
            id="machined",
        ),
        pytest.param(
            ("ichor.apps.machined.machine", "ichor.apps.machined.metal"),
            1_105,
            36_000,
            ("sqlite3.dbapi2",),
            id="metal",
        ),
    ],
)
def test_a_process_loads_no_more_than_its_budget(
    names: tuple[str, ...], modules: int, kib: int, but: tuple[str, ...]
) -> None:
    found, private = loaded(*names)
    print(f"{len(found)} modules, {private} KiB")
    assert sorted(found & ((NEVER | LATER) - set(but))) == []
    assert len(found) <= modules
    assert private <= kib
