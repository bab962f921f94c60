"""CPython from Debian's source of the lock, compiled in the build root; and our program around it.

    cpython/source   the tree, with Debian's fixes
    cpython/build    libpython3.13.a, pyconfig.h, `python`: an interpreter for builds and tests
    cpython/init     init: the node's one program, of components/python/init.c, and no interpreter

Paths and dates are fixed, so two builds give the same bytes. `python` is never part of an image.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from ichor.config.versions import version
from ichor.image import buildroot, checkout, debian
from ichor.image.cache import Cache, Step, file_digest, remove
from ichor.image.kernel import CCACHE, ccache

LIBRARY: Final = f"libpython{version('python')}.a"
_SOURCE: Final = f"python{version('python')}"
_PACKAGES: Final = (
    *("patch", "libffi-dev", "libffi8", "libbz2-dev", "libbz2-1.0", "liblzma-dev", "uuid-dev"),
    *("libuuid1", "libsqlite3-dev", "libsqlite3-0", "libexpat1-dev", "libexpat1"),
)
_RECIPES: Final = "tmp/ichor"  # where the build root has components/python
_DATE: Final = {"SOURCE_DATE_EPOCH": "0"}  # what is compiled says when: never


def root_step(cache: Cache) -> Step:
    return buildroot.extended_step(cache, "python", _PACKAGES)


def source_step(cache: Cache) -> Step:
    root = root_step(cache)
    origin, fixes = (debian.tarball_step(f"{_SOURCE}.{kind}.tar.xz") for kind in ("orig", "debian"))
    here = _here()

    def build(out: Path) -> None:
        binds = {"src": cache.path(origin), "tmp/debian": cache.path(fixes), _RECIPES: here}
        argv = ["sh", f"/{_RECIPES}/source.sh"]
        buildroot.enter(cache.path(root), argv, binds=binds | {"out": out}, env={})

    inputs = {"recipe": file_digest(here / "source.sh", here / "patches.skip")}
    return Step("cpython/source", build, inputs, (root, origin, fixes), 15)


def build_step(cache: Cache) -> Step:
    root, source, here = root_step(cache), source_step(cache), _here()

    def build(out: Path) -> None:
        work = out.with_name(f"{out.name}.objects")
        remove(work)
        work.mkdir()
        binds = {"src": cache.path(source), _RECIPES: here, "ccache": ccache(cache)}
        argv = ["sh", f"/{_RECIPES}/build.sh", str(os.cpu_count() or 1)]
        env = CCACHE | _DATE
        buildroot.enter(cache.path(root), argv, binds=binds | {"out": work}, env=env)
        _keep(work, out)
        remove(work)

    inputs = {"recipe": file_digest(here / "build.sh"), "date": repr(_DATE), "kept": "1"}
    return Step("cpython/build", build, inputs, (root, source), 150)


def _keep(work: Path, out: Path) -> None:
    names = (LIBRARY, "python", "pyconfig.h", "libraries")
    for path in (*(work / name for name in names), *work.glob("_sysconfigdata_*.py")):
        shutil.copy(path, out)
    for path in sorted((work / "Modules").rglob("*.a")):
        target = out / path.relative_to(work)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def init_step(cache: Cache) -> Step:
    """Give the step whose result is <result>/init."""
    root, source, made, here = root_step(cache), source_step(cache), build_step(cache), _here()

    def build(out: Path) -> None:
        folders = {"tmp/source": cache.path(source), "tmp/build": cache.path(made)}
        binds = {"src": here, "out": out, **folders}
        buildroot.enter(cache.path(root), ["sh", "/src/link.sh"], binds=binds, env=_DATE)

    inputs = {"recipe": file_digest(here / "init.c", here / "link.sh")}
    return Step("cpython/init", build, inputs, (root, source, made), 5)


def _here() -> Path:
    return checkout.components() / "python"
