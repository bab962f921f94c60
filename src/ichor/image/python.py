"""Python for the node: our program around CPython, a trimmed standard library, wheels, our package.

bare     interpreter and whole library, run in place through its own loader: it compiles
stdlib   usr/bin/init, usr/lib/python3.13/**.pyc
wheels   usr/lib/ichor/<packages of requirements/image.txt>, byte code and stripped libraries only
package  usr/lib/ichor/ichor/**.pyc

What compiles is CPython of the same build as what runs, and stays in the cache: the image has no
interpreter (image/cpython.py).
"""

import os
import shutil
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from ichor.config.versions import version
from ichor.formats import elf
from ichor.image import checkout, cpython, debian, tools
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run
from ichor.image.tree import merge, place

LIBRARIES: Final = (
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "libexpat1",
    "zlib1g",
    "libssl3t64",
    "libffi8",
    "liblzma5",
    "libbz2-1.0",
    "libsqlite3-0",
    "libuuid1",
    "libzstd1",
)
SITE: Final = "usr/lib/ichor"
LIB: Final = f"usr/lib/python{version('python')}"
_BIN: Final = f"usr/bin/python{version('python')}"
INIT: Final = "usr/bin/init"
# What no process of ours imports; `cffi` is needed to build, `_cffi_backend` to run.
_UNUSED_WHEELS: Final = frozenset({"cffi", "pycparser"})
# discoveryd runs on a host, beside clusters.
NOT_IN_NODE: Final = (
    *("testing", "provision", "image", "cli"),
    *("apps/discoveryd", "apps/graph", "apps/machined/offline", "apps/registryd/host"),
)


def bare_step(cache: Cache) -> Step:
    parts = debian.steps(LIBRARIES)
    source, made = cpython.source_step(cache), cpython.build_step(cache)

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)
        (out / _BIN).parent.mkdir(parents=True, exist_ok=True)
        os.link(cache.path(made) / "python", out / _BIN)
        (out / LIB / "lib-dynload").mkdir(parents=True)  # it looks for it, and all is built in
        merge(cache.path(source) / "Lib", out / LIB)
        for path in cache.path(made).glob("_sysconfigdata_*.py"):
            os.link(path, out / LIB / path.name)
        run([*interpreter(out), "-c", "import asyncio, ssl, ctypes, sqlite3, lzma, bz2, uuid"])

    return Step("python/bare", build, {"recipe": "3"}, (*parts.values(), source, made), 2)


def interpreter(bare: Path) -> list[str]:
    """Give the command that runs the interpreter of a bare tree on this host."""
    return [*tools.in_place(bare, _BIN), "-ISB"]


def stdlib_step(cache: Cache) -> Step:
    bare, init = bare_step(cache), cpython.init_step(cache)

    def build(out: Path) -> None:
        source = out.with_name(f"{out.name}.py")
        _copy_trimmed(cache.path(bare) / LIB, source)
        _compile(cache.path(bare), source, out / LIB, f"/{LIB}")
        place(cache.path(init) / "init", out / INIT)

    inputs = _recipe() | {"dropped": file_digest(_dropped())}
    return Step("python/stdlib", build, inputs, (bare, init), 3)


def wheels_step(cache: Cache) -> Step:
    pins = checkout.requirements("image")
    inputs = {"pins": file_digest(pins), **_recipe()}

    def build(out: Path) -> None:
        source = out.with_name(f"{out.name}.py")
        _download(pins, source)
        _compile(cache.path(bare_step(cache)), source, out / SITE, f"/{SITE}")
        for path in (out / SITE).rglob("*.so*"):
            run([*tools.strip(cache), "--strip-unneeded", path])

    needs = (bare_step(cache), tools.tools_step(cache))
    return Step("python/wheels", build, inputs, needs, 5)


def package_step(cache: Cache) -> Step:
    files = node_sources()
    inputs = {"source": _digest(files), **_recipe()}

    def build(out: Path) -> None:
        source = out.with_name(f"{out.name}.py")
        shutil.rmtree(source, ignore_errors=True)
        for name, path in files.items():
            (source / "ichor" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, source / "ichor" / name)
        _compile(cache.path(bare_step(cache)), source, out / SITE, f"/{SITE}", data=True)

    return Step("python/ichor", build, inputs, (bare_step(cache),), 2)


def node_sources() -> dict[str, Path]:
    """Give the files of our package that a node has, by their path in the package."""
    found = {}
    for path in sorted(checkout.PACKAGE.rglob("*")):
        name = path.relative_to(checkout.PACKAGE).as_posix()
        inside = f"{name.removesuffix('.py')}/".startswith(
            tuple(f"{part}/" for part in NOT_IN_NODE)
        )
        if path.is_file() and not inside and "__pycache__" not in path.parts:
            found[name] = path
    return found


def _digest(files: Mapping[str, Path]) -> str:
    told = ((name, sha256(path.read_bytes()).hexdigest()) for name, path in files.items())
    return sha256(repr(list(told)).encode()).hexdigest()


def _recipe() -> dict[str, str]:
    here = Path(__file__)
    return {"recipe": file_digest(here, here.with_name("compile_tree.py"))}


def _compile(bare: Path, source: Path, target: Path, shown: str, *, data: bool = False) -> None:
    """Byte-compile a tree, take its libraries (or all its data) along, then drop the sources."""
    script = Path(__file__).with_name("compile_tree.py")
    # Columns would be shown below lines of sources that are not there.
    run([*interpreter(bare), "-Xno_debug_ranges", script, source, target, shown])
    for path in sorted(source.rglob("*")):
        if path.is_file() and (_is_data(path) if data else elf.is_elf(path.read_bytes()[:4])):
            out = target / path.relative_to(source)
            out.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, out)
            out.chmod(0o644)
    shutil.rmtree(source)


def _is_data(path: Path) -> bool:
    return path.suffix not in (".py", ".pyc", ".pyi", ".md") and path.name != "py.typed"


def _dropped() -> Path:
    return checkout.components() / "python.drop"


def _copy_trimmed(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    dropped = debian.wanted(_dropped().read_text())

    def ignored(_folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name.split(".")[0] in dropped or name in dropped}

    shutil.copytree(source, target, ignore=ignored)


def _download(pins: Path, out: Path) -> None:
    """Unpack the pinned wheels for the image's Python into out."""
    wheels = out.with_name(f"{out.name}.whl")
    for old in (out, wheels):
        shutil.rmtree(old, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download"]
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += ["--python-version", version("python"), "--implementation", "cp"]
    for level in ("2_28", "2_17"):
        options += ["--platform", f"manylinux_{level}_x86_64"]
    run([*pip, *options, "--platform", "manylinux2014_x86_64", "-r", pins, "-d", wheels])
    for wheel in sorted(wheels.glob("*.whl")):
        if wheel.name.split("-")[0] not in _UNUSED_WHEELS:
            ZipFile(wheel).extractall(out)
        else:
            with ZipFile(wheel) as archive:
                backend = [n for n in archive.namelist() if n.startswith("_cffi_backend")]
                archive.extractall(out, backend)
    for info in out.glob("*.dist-info"):
        shutil.rmtree(info)
    shutil.rmtree(wheels)
