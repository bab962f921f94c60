#!/usr/bin/env python3
"""Build targets a second time, elsewhere and later, and compare every byte with the first.

    tools/reproduce.py [--kernel] [--take PREFIX] [--keep] [TARGET ...]      as of `ichor build`

The second build has a checkout, a cache, compiler caches, a home, a time zone and a language of
its own; of the first it has what was downloaded: Debian packages, Go's toolchain and modules. The
kernel is taken from the first, too, but with --kernel, and so are steps that --take names. Every
step that was built twice is compared, file by file: kind, mode, content. A row each; one that
differs is a failure, and its results stay. --against compares with a cache that was filled before.

The store that clusters of a host begin with is left out: containerd's own database has times, and
no image has it.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ichor.errors import IchorError
from ichor.image.build import build
from ichor.image.cache import Cache, Step, default_root, remove
from ichor.image.progress import Lines

ROOT: Final = Path(__file__).resolve().parents[1]
DEFAULT: Final = (
    *("root", "images", "kubectl", "disk", "installer", "iso", "pxe"),
    *("cloud/aws", "cloud/azure", "cloud/gcp", "cloud/openstack", "installer/aws"),
)
DOWNLOADS: Final = ("debian/", "go-toolchain")
KERNEL: Final = "kernel/"
# Another life than the first build has had: nothing of it may be seen in what is built.
ELSEWHERE: Final = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
UMASK: Final = 0o077
BUILD: Final = (
    "import os, sys; os.umask(int(sys.argv[1])); from ichor.image.build import build;"
    "from ichor.image.cache import *; from ichor.image.progress import Lines;"
    "build(Cache(default_root()), tuple(sys.argv[2:]), Lines())"
)


@dataclass(frozen=True)
class Row:
    """differs: what does, first of all; empty if nothing."""

    step: str
    files: int
    differs: str = ""


def closure(steps: Sequence[Step]) -> dict[str, Step]:
    """Give steps and all they need, by key, each after those it needs."""
    found: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.key not in found:
            for need in step.needs:
                visit(need)
            found[step.key] = step

    for step in steps:
        visit(step)
    return found


def is_taken(step: Step, more: Sequence[str] = ()) -> bool:
    """Tell whether the second build has a step's result from the first. more: of names, begins."""
    return step.name.startswith((*DOWNLOADS, *more))


def told(tree: Path) -> dict[str, str]:
    """Give what each file of a tree is, by its path."""
    return {path.relative_to(tree).as_posix(): _told(path) for path in sorted(tree.rglob("*"))}


def _told(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    mode = f"{path.stat().st_mode & 0o7777:04o}"
    if path.is_dir():
        return f"directory {mode}"
    with path.open("rb") as file:
        return f"file {mode} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def compare(step: str, first: Path, second: Path) -> Row:
    one, other = told(first), told(second)
    names = sorted(one.keys() | other.keys())
    wrong = [name for name in names if one.get(name) != other.get(name)]
    differs = f"{len(wrong)} of {len(names)}, such as {wrong[0]}" if wrong else ""
    return Row(step, len(names), differs)


def checkout(out: Path) -> None:
    """Copy what is in this one as it is now, but for what git ignores."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, out / name)


def again(first: Cache, steps: Sequence[Step], names: Sequence[str], work: Path) -> None:
    """Build elsewhere; steps: whose results are taken over, by hard links."""
    second = Cache(work / "other" / "cache")
    for step in steps:
        target = second.path(step)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(first.path(step), target, symlinks=True, copy_function=os.link)
    place = work / "a checkout elsewhere"
    checkout(place)
    (work / "home").mkdir()
    argv = [sys.executable, "-c", BUILD, str(UMASK), *names]
    subprocess.run(argv, cwd=work, check=True, env=environment(first, second, place, work))


def environment(first: Cache, second: Cache, place: Path, work: Path) -> Mapping[str, str]:
    # What comes from there is checked by hashes all the same.
    modules = {"GOPROXY": f"file://{first.root}/go/mod/cache/download", "GOSUMDB": "off"}
    own = {"ICHOR_CACHE": str(second.root), "HOME": str(work / "home"), "USER": "nobody"}
    own["PIP_CACHE_DIR"] = str(Path.home() / ".cache/pip")
    return {**os.environ, **ELSEWHERE, **modules, **own, "PYTHONPATH": str(place / "src")}


def rows(first: Cache, second: Cache, steps: Sequence[Step]) -> Iterator[Row]:
    for step in steps:
        if not second.has(step):
            yield Row(step.name, 0, "not there: not built, or a path is among its inputs")
        else:
            yield compare(step.name, first.path(step), second.path(step))


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("targets", nargs="*", metavar="TARGET")
    options.add_argument("--kernel", action="store_true", help="compile the kernel again, too")
    options.add_argument("--take", action="append", default=[], help="as go/: not built again")
    options.add_argument("--against", type=Path, metavar="CACHE", help="nothing is built again")
    options.add_argument("--keep", action="store_true", help="keep the second build")
    given = options.parse_args()
    names = tuple(given.targets) or DEFAULT
    first = Cache(default_root())
    found = build(first, names, Lines())
    every = closure([found[name] for name in names]).values()
    more = [*given.take, *([] if given.kernel else [KERNEL])]
    taken = [step for step in every if is_taken(step, more)]
    built = [step for step in every if not is_taken(step, more)]
    if given.against:
        return show(list(rows(first, Cache(given.against), built)), len(taken))
    # On the file system of the first, for links; in a folder whose name is longer.
    work = Path(tempfile.mkdtemp(prefix="ichor-reproduced-elsewhere-", dir=first.root.parent))
    second, bad = Cache(work / "other" / "cache"), True
    try:
        again(first, [step for step in taken if first.has(step)], names, work)
        bad = bool(show(list(rows(first, second, built)), len(taken)))
    finally:
        if bad or given.keep:
            print(f"the second build is in {work}")
        else:
            remove(work)
    return int(bad)


def show(made: Sequence[Row], taken: int) -> int:
    """Print the rows; gives 1 if one differs, or nothing was compared."""
    width = max((len(row.step) for row in made), default=0)
    for row in made:
        print(f"{row.step:<{width}} {row.files:>7}  {row.differs or 'equal'}")
    wrong = sum(bool(row.differs) for row in made)
    print(f"{len(made) - wrong} steps equal, {wrong} differ; {taken} taken from the first build")
    return int(wrong > 0 or not made)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (IchorError, subprocess.CalledProcessError) as err:
        sys.exit(f"reproduce: {err}")
