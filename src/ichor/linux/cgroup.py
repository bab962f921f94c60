"""Control groups v1, v2 and hybrid: which one is read off the mount's magic number.

    v2     /sys/fs/cgroup is cgroup2fs: one tree, controllers enabled level by level, and refused
           (EBUSY) to a group that has processes of its own, but for the host's true root:
           Documentation/admin-guide/cgroup-v2.rst, «No Internal Process Constraint»
    v1     /sys/fs/cgroup is tmpfs with one tree per controller; every group exists in each

A group exists in every v1 tree that is mounted, also where it limits nothing: the kubelet takes a
process for a stray one if it is in the root of any (it looks at devices), and moves it to /system,
out of the group that limits it. A cpuset group takes no process before it has cpus and mems, so
they are copied down. v1 has no cgroup.kill:
freeze, signal all, thaw; a frozen fork cannot outrun that. What is observed is two levels deep:
below that are the groups of pods, which belong to the kubelet.
"""

import errno
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ichor.linux import libc
from ichor.ports.cgroup import Action, Group, Kill, Make, Place, Remove
from ichor.resources.runtime.service_spec import Resources

CGROUP2_SUPER_MAGIC = 0x63677270  # include/uapi/linux/magic.h
_PERIOD_US = 100_000
_V2_CONTROLLERS = ("cpu", "memory", "pids")


def detect(root: Path, below: str = "") -> "CgroupsV1 | CgroupsV2":
    """Give the adapter for what is mounted at root, for the groups below one. Raises OSError."""
    if libc.filesystem_magic(str(root)) == CGROUP2_SUPER_MAGIC:
        return CgroupsV2(root / below)
    return CgroupsV1(root, below)


class CgroupsV2:
    """One tree; `root` is the node's own group."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def observe(self) -> Mapping[str, Group]:
        return {path: self._read(self._root / path) for path in _tree(self._root, depth=2)}

    def processes(self, path: str) -> tuple[int, ...]:
        """Give who is in one group, nobody if it is not there."""
        return _processes(self._root / path)

    def apply(self, action: Action) -> None:
        group = self._root / action.path
        match action:
            case Make(resources=resources):
                self._make(group, resources)
            case Place(pid=pid):
                _write(group / "cgroup.procs", pid)
            case Kill():
                _write(group / "cgroup.kill", 1)
            case Remove():
                _remove(group)

    def _make(self, group: Path, resources: Resources) -> None:
        for parent in reversed(group.relative_to(self._root).parents):
            top = self._root / parent
            top.mkdir(exist_ok=True)
            offered = (top / "cgroup.controllers").read_text(encoding="ascii").split()
            enable = " ".join(f"+{name}" for name in _V2_CONTROLLERS if name in offered)
            if enable:
                self._enable(top, enable, resources)
        group.mkdir(exist_ok=True)
        if resources.memory_max is not None:
            _write(group / "memory.max", resources.memory_max)
        if resources.memory_min is not None:
            _write(group / "memory.min", resources.memory_min)
        if resources.pids_max is not None:
            _write(group / "pids.max", resources.pids_max)
        if resources.cpu_shares is not None:
            _write(group / "cpu.weight", weight_of(resources.cpu_shares))
        if resources.cpu_millicores is not None:
            quota = resources.cpu_millicores * _PERIOD_US // 1000
            _write(group / "cpu.max", f"{quota} {_PERIOD_US}")

    def _enable(self, top: Path, controllers: str, resources: Resources) -> None:
        try:
            _write(top / "cgroup.subtree_control", controllers)
        except OSError as error:
            # A group without limits can be made all the same: whoever is in `top` may leave for it.
            if error.errno != errno.EBUSY or resources != Resources():
                raise

    def _read(self, group: Path) -> Group:
        quota, _, period = (_text(group / "cpu.max") or "max").partition(" ")
        millicores = None if quota == "max" else int(quota) * 1000 // int(period)
        return Group(
            resources=Resources(
                memory_max=_number(group / "memory.max"),
                memory_min=_number(group / "memory.min") or None,
                pids_max=_number(group / "pids.max"),
                cpu_millicores=millicores,
            ),
            processes=_processes(group),
        )


class CgroupsV1:
    """One tree per controller below `root`; a group is one directory in each."""

    def __init__(self, root: Path, below: str = "") -> None:
        self._trees = {name: root / name / below for name in _trees(root)}
        self._main = next(iter(self._trees.values()), root)

    def observe(self) -> Mapping[str, Group]:
        return {path: self._read(path) for path in _tree(self._main, depth=2)}

    def processes(self, path: str) -> tuple[int, ...]:
        """Give who is in one group, nobody if it is not there."""
        return _processes(self._main / path)

    def apply(self, action: Action) -> None:
        match action:
            case Make(path=path, resources=resources):
                self._make(path, resources)
            case Place(path=path, pid=pid):
                for tree in self._trees.values():
                    _write(tree / path / "cgroup.procs", pid)
            case Kill(path=path):
                self._kill(path)
            case Remove(path=path):
                for tree in self._trees.values():
                    _remove(tree / path)

    def _make(self, path: str, resources: Resources) -> None:
        for name, tree in self._trees.items():
            parts = Path(path).parts
            for count in range(1, len(parts) + 1):
                group = tree.joinpath(*parts[:count])
                group.mkdir(exist_ok=True)
                if name == "cpuset":
                    _copy_down(group, ("cpuset.cpus", "cpuset.mems"))
        self._limit("memory", path, "memory.limit_in_bytes", resources.memory_max)
        self._limit("memory", path, "memory.soft_limit_in_bytes", resources.memory_min)
        self._limit("pids", path, "pids.max", resources.pids_max)
        self._limit("cpu", path, "cpu.shares", resources.cpu_shares)
        if resources.cpu_millicores is not None:
            self._limit("cpu", path, "cpu.cfs_period_us", _PERIOD_US)
            quota = resources.cpu_millicores * _PERIOD_US // 1000
            self._limit("cpu", path, "cpu.cfs_quota_us", quota)

    def _limit(self, tree: str, path: str, file: str, value: int | None) -> None:
        if value is not None and tree in self._trees:
            _write(self._trees[tree] / path / file, value)

    def _kill(self, path: str) -> None:
        freezer = self._trees.get("freezer")
        if freezer is None:
            self._signal(path)
            return
        state = freezer / path / "freezer.state"
        _write(state, "FROZEN")
        try:
            self._signal(path)
        finally:
            _write(state, "THAWED")

    def _signal(self, path: str) -> None:
        for group in (path, *(f"{path}/{sub}" for sub in _tree(self._main / path))):
            for pid in _processes(self._main / group):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _read(self, path: str) -> Group:
        group = {name: tree / path for name, tree in self._trees.items()}
        absent = Path("/nonexistent")
        quota = _number(group.get("cpu", absent) / "cpu.cfs_quota_us")
        memory, soft = (
            _number(group.get("memory", absent) / f"memory.{kind}_in_bytes")
            for kind in ("limit", "soft_limit")
        )
        return Group(
            resources=Resources(
                memory_max=_unless_unlimited(memory),
                memory_min=_unless_unlimited(soft),
                pids_max=_number(group.get("pids", absent) / "pids.max"),
                cpu_millicores=None if quota is None or quota < 0 else quota // 100,
                cpu_shares=_number(group.get("cpu", absent) / "cpu.shares"),
            ),
            processes=_processes(self._main / path),
        )


def _trees(root: Path) -> Iterator[str]:
    """Give the names of the v1 trees: memory, which is read first, then each other one once."""
    seen: set[Path] = set()
    # cpu is a link where it is mounted together with cpuacct: the short names come first.
    entries = sorted(root.iterdir(), key=lambda entry: (entry.name != "memory", len(entry.name)))
    for entry in entries:
        tree = entry.resolve()
        if entry.is_dir() and tree not in seen and not (tree / "cgroup.controllers").exists():
            seen.add(tree)
            yield entry.name


def weight_of(shares: int) -> int:
    """Give the v2 weight of v1 shares: 2..262144 onto 1..10000, as runc converts them."""
    return 1 + (min(max(shares, 2), 262_144) - 2) * 9999 // 262_142


def _unless_unlimited(value: int | None) -> int | None:
    # v1 says «no limit» as the largest page-aligned long.
    return None if value is None or value >= 1 << 62 else value


def _tree(top: Path, depth: int = 64) -> Iterator[str]:
    for directory, names, _ in os.walk(top):
        parts = Path(directory).relative_to(top).parts
        names[:] = sorted(names) if len(parts) < depth else []
        if parts:
            yield "/".join(parts)


def _write(path: Path, value: object) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    return None if text in (None, "max", "") else int(str(text))


def _processes(group: Path) -> tuple[int, ...]:
    return tuple(sorted(int(pid) for pid in (_text(group / "cgroup.procs") or "").split()))


def _copy_down(group: Path, files: tuple[str, ...]) -> None:
    for file in files:
        if not _text(group / file):
            _write(group / file, _text(group.parent / file) or "")


def _remove(group: Path) -> None:
    for directory, _, _ in os.walk(group, topdown=False):
        with suppress(FileNotFoundError):
            Path(directory).rmdir()
