"""Cgroups of nodes, on hosts of version 1, version 2, or both (hybrid).

What is mounted decides, read from /proc/self/mountinfo; every hierarchy gets

    <parent>/ichor.<cluster>/<node>

On v1 the parent is the cgroup we are in ourselves, so limits set on us hold for our nodes. On v2 it
is the root of the mount: a cgroup with processes may not hand controllers to children (cgroups(7),
"no internal processes"), and ours has some. The host's true root may all the same; one that only
looks like a root, as in a container, has its processes moved to a leaf first.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ichor.log import fields, logger

log = logger(__name__)

# An idle cluster would weigh as one process against each of the host's; 16 is what two cores'
# worth of busy builds beside it needed (measured with the prototype, cpu(7) shares).
_CPU_SHARES = 16384
_CPU_WEIGHT = 1600  # the same 16 on the scale of version 2, where one is 100
_V2_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "hugetlb", "pids")
_FLAGS = frozenset({"rw", "ro", "clone_children", "noprefix", "xattr", "all", "none"})


class Hierarchy(NamedTuple):
    """One mounted hierarchy. directory: where; root: what of it is mounted there; own: our path.

    options: what mount(2) needs to show the same hierarchy again; empty for version 2.
    """

    directory: Path
    root: str
    options: str
    own: str = "/"

    @property
    def is_v2(self) -> bool:
        return not self.options

    @property
    def parent(self) -> Path:
        inside = os.path.relpath(self.own, self.root)
        if self.is_v2 or inside.startswith(".."):
            return self.directory
        return self.directory / inside


def parse(mountinfo: str, own: str) -> list[Hierarchy]:
    """Read the hierarchies from /proc/self/mountinfo and /proc/self/cgroup (proc(5))."""
    paths = {names: path for _, names, path in (line.split(":", 2) for line in own.splitlines())}
    found: dict[str, Hierarchy] = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, (fstype, _, superblock) = left.split(), right.split(" ", 2)
        if fstype not in {"cgroup", "cgroup2"}:
            continue
        parts = [part for part in superblock.split(",") if _is_controller(part)]
        options = "" if fstype == "cgroup2" else ",".join(parts)
        path = next((paths[names] for names in paths if _same(names, options)), "/")
        found.setdefault(options, Hierarchy(Path(fields[4]), fields[3], options, path))
    return list(found.values())


def _is_controller(option: str) -> bool:
    return option not in _FLAGS and not option.startswith("release_agent=")


def _same(left: str, right: str) -> bool:
    return set(left.split(",")) == set(right.split(","))


def hierarchies() -> list[Hierarchy]:
    return parse(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())


def create(found: Sequence[Hierarchy], cluster: str, node: str) -> list[Path]:
    """Make the node's cgroup in every hierarchy; gives their directories, in the same order."""
    # A hybrid host keeps its controllers on v1: there the v2 tree is left without any.
    pure_v2 = all(hierarchy.is_v2 for hierarchy in found)
    return [_create(hierarchy, cluster, node, enable=pure_v2) for hierarchy in found]


def _create(hierarchy: Hierarchy, cluster: str, node: str, *, enable: bool) -> Path:
    outer = hierarchy.parent / cluster
    inner = outer / node
    inner.mkdir(parents=True, exist_ok=True)
    if hierarchy.is_v2:
        for directory in (hierarchy.parent, outer) if enable else ():
            _enable(directory)
        if (outer / "cpu.weight").exists():
            (outer / "cpu.weight").write_text(f"{_CPU_WEIGHT}\n")
        return inner
    controllers = hierarchy.options.split(",")
    if "cpu" in controllers:
        (outer / "cpu.shares").write_text(f"{_CPU_SHARES}\n")
    if "cpuset" in controllers:
        for directory in (outer, inner):
            _copy_cpuset(directory)
    return inner


def _copy_cpuset(directory: Path) -> None:
    """A new v1 cpuset is empty and admits nobody: take what the parent has, and pass it on."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (directory / name).read_text().strip():
            (directory / name).write_text((directory.parent / name).read_text())
    (directory / "cgroup.clone_children").write_text("1")


def _enable(directory: Path) -> None:
    available = (directory / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in _V2_CONTROLLERS if name in available)
    if not wanted:
        return
    try:
        (directory / "cgroup.subtree_control").write_text(wanted)
    except OSError as err:
        if err.errno != errno.EBUSY:
            raise
        evacuate(directory)
        (directory / "cgroup.subtree_control").write_text(wanted)


def evacuate(directory: Path) -> None:
    """Move the processes of a cgroup into a leaf of its own, `ichor.outside`; forks follow."""
    leaf = directory / "ichor.outside"
    leaf.mkdir(exist_ok=True)
    log.warning("processes leave a cgroup for a leaf", extra=fields(cgroup=directory, leaf=leaf))
    # A pid of 0 is of another pid namespace and cannot be named here.
    while pids := set((directory / "cgroup.procs").read_text().split()) - {"0"}:
        for pid in pids:
            with suppress(ProcessLookupError):
                (leaf / "cgroup.procs").write_text(pid)


def enter(directories: Sequence[Path]) -> None:
    """Move the calling process into each."""
    for directory in directories:
        (directory / "cgroup.procs").write_text("0")


def find(name: str) -> list[Path]:
    """Find every cgroup of this name, whoever made it and wherever it lay when it did."""
    found: list[Path] = []
    for hierarchy in hierarchies():
        for directory, below, _ in os.walk(hierarchy.directory):
            if name in below:
                found.append(Path(directory) / name)
                below.remove(name)
    return found


def _tree(top: Path) -> Iterator[Path]:
    """Give the cgroups below and at top, leaves first."""
    for directory, _, _ in os.walk(top, topdown=False):
        yield Path(directory)


def processes(tops: Sequence[Path]) -> set[int]:
    """Give the pids, as this process sees them, of all in these cgroups and below."""
    pids: set[int] = set()
    for top in tops:
        for directory in _tree(top):
            try:
                pids.update(int(pid) for pid in (directory / "cgroup.procs").read_text().split())
            except OSError:  # gone meanwhile
                continue
    return pids - {0}


def prune(tops: Sequence[Path], *, keep_top: bool = False) -> list[Path]:
    """Remove these cgroups with all below that can be; gives those that are still there."""
    left: list[Path] = []
    for top in tops:
        for directory in _tree(top):
            if keep_top and directory == top:
                continue
            try:
                directory.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                left.append(directory)
    return left


def remove(tops: Sequence[Path], patience: Callable[[float], None] = time.sleep) -> list[Path]:
    """Remove with retries: a process that just died leaves its cgroup a moment later."""
    left = prune(tops)
    for pause in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        if not left:
            break
        patience(pause)
        left = prune(tops)
    return left
