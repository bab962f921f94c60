"""Run a function of a test module in a kernel of our own, with this host's Python as its init.

    printed = run("tests.vm.links:scenario", bzimage)

No firmware, no image of ours: what the kernel does is looked at, so a boot takes seconds. The
first root holds the host's Python, the packages that are named, the sources and the tests.
"""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ichor.provision import accelerator

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("msgspec", "pyroute2", "yaml")
_MODULES: Final = "asyncio, ctypes, ipaddress, json, msgspec, pyroute2, socket, ssl, yaml, zlib"
_LEFT_OUT: Final = frozenset(
    {"site-packages", "test", "tests", "idlelib", "ensurepip", "lib2to3", "tkinter", "turtledemo"}
)
PASSED: Final = "the scenario has passed"
_INIT: Final = """#!{python} -B
import ctypes, os, sys, traceback
libc = ctypes.CDLL(None)
for kind, where in (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp")):
    os.makedirs(where, exist_ok=True)
    libc.mount(kind.encode(), where.encode(), kind.encode(), 0, None)
out = os.open("/dev/console", os.O_RDWR)
for number in range(3):
    os.dup2(out, number)
{before}
sys.path[:0] = {path!r}
try:
    import importlib
    getattr(importlib.import_module({module!r}), {name!r})()
    print({passed!r}, flush=True)
except BaseException:
    traceback.print_exc()
sys.stdout.flush()
libc.reboot(0x4321FEDC)
"""


def run(
    scenario: str, kernel: Path, directory: Path, *, before: str = "", more: tuple[Path, ...] = ()
) -> str:
    """Give what it printed. Raises AssertionError with the console unless it passed."""
    made = directory / "initrd"
    made.write_bytes(archive(scenario, directory, before, more))
    chosen = accelerator.choose()
    argv = ["qemu-system-x86_64", *accelerator.arguments(chosen), "-nodefaults", "-display", "none"]
    argv += ["-no-reboot", "-m", "768", "-kernel", str(kernel), "-initrd", str(made)]
    argv += [
        "-serial",
        "stdio",
        "-append",
        "console=ttyS0 quiet panic=-1 rdinit=/init bonding.max_bonds=0 dummy.numdummies=0",
    ]
    done = subprocess.run(argv, capture_output=True, timeout=300, check=False)
    console = done.stdout.decode(errors="replace")
    assert PASSED in console, console[-6000:] + done.stderr.decode(errors="replace")
    return console


def archive(scenario: str, directory: Path, before: str, more: tuple[Path, ...]) -> bytes:
    """Give the first root: a cpio archive, packed with zstd."""
    module, _, name = scenario.partition(":")
    site = Path(sysconfig.get_path("purelib"))
    python = Path(sys.executable).resolve()
    init = directory / "init"
    init.write_text(
        _INIT.format(
            python=python,
            before=before,
            path=[str(ROOT / "src"), str(ROOT), str(site)],
            module=module,
            name=name,
            passed=PASSED,
        )
    )
    init.chmod(0o755)
    listed = sorted({*needed(python, site), *more})
    above = {parent for path in listed for parent in path.parents if parent != Path("/")}
    names = "\n".join(str(path).lstrip("/") for path in (*sorted(above), *listed))
    pack = ["cpio", "--quiet", "-L", "-o", "-H", "newc"]
    body = subprocess.run(pack, input=names.encode(), cwd="/", capture_output=True, check=True)
    entry = subprocess.run(pack, input=b"init", cwd=directory, capture_output=True, check=True)
    return entry.stdout + body.stdout


def needed(python: Path, site: Path) -> Iterator[Path]:
    """Yield the files of the interpreter, its library, the packages and ours."""
    yield from {python, Path("/lib64/ld-linux-x86-64.so.2"), *shared_objects()}
    stdlib = Path(sysconfig.get_path("stdlib"))
    for folder in (stdlib, *(site / name for name in PACKAGES), ROOT / "src", ROOT / "tests"):
        yield from sources(folder)


def sources(folder: Path) -> Iterator[Path]:
    for above, directories, files in os.walk(folder):
        names = {name for name in directories if name.startswith(("config-", "__pycache__"))}
        is_library = "python3" in folder.name
        left_out = names | (_LEFT_OUT if is_library else set())
        directories[:] = [name for name in directories if name not in left_out]
        yield from (Path(above) / name for name in files if name.endswith((".py", ".so", ".pyi")))


def shared_objects() -> set[Path]:
    """Give the shared objects that are in use once the modules are imported."""
    code = f"import {_MODULES}; print(open('/proc/self/maps').read())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    used = {line.split()[-1] for line in done.stdout.splitlines() if ".so" in line}
    return {alias for name in used for alias in aliases(Path(name))}


def aliases(path: Path) -> Iterator[Path]:
    """Yield the names by which the loader may look for it: links to it, and below /lib."""
    stem = path.name.partition(".so")[0]
    for link in path.parent.glob(f"{stem}.so*"):
        if link.resolve() == path.resolve():
            yield link
            if link.is_relative_to("/usr/lib"):
                yield Path("/") / link.relative_to("/usr")
