"""What there is on this host: all of it, to compare before and after; or what is of one cluster.

Every item is one line of text, so that a difference can be read. A namespace is named by kind and
inode, as /proc shows it, and counts while a process is in it or a mount keeps it.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from ichor.provision import cgroup, destroy, egress, network, record
from ichor.provision import name as names

_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "uts")
_SYSCTLS = (
    "net/ipv4/ip_forward",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


class Snapshot(Struct, frozen=True, kw_only=True):
    """processes: pid and arguments; those of the kernel and of short-lived helpers come and go."""

    processes: frozenset[str]
    mounts: frozenset[str]
    namespaces: frozenset[str]
    loops: frozenset[str]
    cgroups: frozenset[str]
    links: frozenset[str]
    tables: frozenset[str]
    sysctls: frozenset[str]


def snapshot() -> Snapshot:
    return Snapshot(
        processes=frozenset(_processes()),
        mounts=frozenset(_mounts()),
        namespaces=frozenset(_namespaces()),
        loops=frozenset(_loops()),
        cgroups=frozenset(_cgroups()),
        links=frozenset(name for _, name in socket.if_nameindex()),
        tables=frozenset(egress.tables()),
        sysctls=frozenset(f"{name}={_sysctl(name)}" for name in _SYSCTLS),
    )


def compare(before: Snapshot, after: Snapshot, containing: str = "") -> list[str]:
    """Give what came (+) and went (-), as lines; containing: only those with this text in them."""
    lines: list[str] = []
    for kind in Snapshot.__struct_fields__:
        old: frozenset[str] = getattr(before, kind)
        new: frozenset[str] = getattr(after, kind)
        lines += [f"- {kind}: {item}" for item in sorted(old - new) if containing in item]
        lines += [f"+ {kind}: {item}" for item in sorted(new - old) if containing in item]
    return lines


def of_cluster(name: str) -> list[str]:
    """Give everything of this cluster by its names, as lines; empty after destroy."""
    directory = record.cluster_directory(name)
    roots = [directory, *network.namespaces(name)]
    lines = [f"process {pid}" for pid in sorted(destroy.processes(name))]
    lines += [f"namespace {path}" for path in network.namespaces(name)]
    lines += [f"cgroup {path}" for path in cgroup.find(names.cgroup(name))]
    lines += [f"mount {line}" for line in _mounts() if any(str(root) in line for root in roots)]
    if egress.has_link(name):
        lines.append(f"link {names.egress_link(name)}")
    if names.table(name) in egress.tables():
        lines.append(f"nftables table ip {names.table(name)}")
    if directory.exists():
        lines.append(f"directory {directory}")
    return lines


def namespaces_of(pid: int) -> frozenset[str]:
    """Give the namespaces a process is in; none if it has ended."""
    found: set[str] = set()
    for kind in _NAMESPACES:
        with suppress(OSError):
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return frozenset(found)


def _pids() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            yield int(entry.name)


def _processes() -> Iterator[str]:
    for pid in _pids():
        with suppress(OSError):
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            yield f"{pid} {os.fsdecode(argv).strip()}"


def _mounts() -> Iterator[str]:
    """Leave out the ids, which are given anew whenever something is mounted (proc(5))."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        yield line.split(" ", 2)[2]


def _namespaces() -> Iterator[str]:
    for pid in _pids():
        yield from namespaces_of(pid)
    for line in _mounts():
        if " - nsfs " in line:
            yield line.split(" ", 2)[1]


def _loops() -> Iterator[str]:
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):
            yield f"{backing.parts[3]} {backing.read_text().strip()}"


def _cgroups() -> Iterator[str]:
    for hierarchy in cgroup.hierarchies():
        for directory, _, _ in os.walk(hierarchy.directory):
            yield directory


def _sysctl(name: str) -> str:
    try:
        return (Path("/proc/sys") / name).read_text().strip()
    except OSError:
        return ""
