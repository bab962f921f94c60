"""Remove a cluster: by its record where there is one, by our names wherever something is left.

Order matters: keepers before their nodes (they would start them again), processes before the
cgroups and namespaces that hold them, the record last, so that a destroy that is cut short is found
and finished by the next. Loop devices clear themselves with the last mount.
"""

import os
import select
import shutil
import signal
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from ichor.errors import TransientError
from ichor.log import fields, logger
from ichor.provision import cgroup, control, egress, network, record
from ichor.provision import name as names
from ichor.provision.control import Verb

log = logger(__name__)

_HUB = "ichor.provision.hub"
# A keeper and what it runs for a moment.
_OF_NODES = {"ichor.provision.keeper", "ichor.provision.relink", "ichor.provision.seed"}
_PATIENCE = timedelta(seconds=20)


def destroy(name: str) -> bool:
    """Give False if nothing at all is there. Raises TransientError if something would not go."""
    if not is_there(name):
        return False
    _end_processes(name)
    for path in network.namespaces(name):
        network.remove_namespace(path)
    egress.remove(name)
    left = cgroup.remove(cgroup.find(names.cgroup(name)))
    if left:
        raise TransientError(f"cgroups of {name} are still in use: {', '.join(map(str, left))}")
    _remove_directory(record.cluster_directory(name))
    return True


def is_there(name: str) -> bool:
    return (
        record.cluster_directory(name).exists()
        or bool(network.namespaces(name))
        or bool(processes(name))
        or bool(cgroup.find(names.cgroup(name)))
        or egress.has_link(name)
        or names.table(name) in egress.tables()
    )


def keepers(name: str) -> set[int]:
    """Give the pids of this cluster's keepers and hub, and of children that have not exec'ed yet.

    Names are the host's: keepers that another ICHOR_STATE knows of count too.
    """
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            argv = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
        except OSError:  # ended meanwhile
            continue
        if _is_keeper(argv, name):
            found.add(int(entry.name))
    return found


def _is_keeper(argv: list[str], name: str) -> bool:
    paths = [Path(word).parts for word in argv]
    if not _OF_NODES.isdisjoint(argv):
        return any(parts[-4:-1] == ("clusters", name, "nodes") for parts in paths)
    return _HUB in argv and any(parts[-2:] == ("clusters", name) for parts in paths)


def processes(name: str) -> set[int]:
    """Give all pids of the cluster: keepers and everything inside nodes."""
    return keepers(name) | cgroup.processes(cgroup.find(names.cgroup(name)))


def _end_processes(name: str) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(_shut_down, _node_directories(name)))
    end = time.monotonic() + _PATIENCE.total_seconds()
    while time.monotonic() < end:
        # Keepers first: what they forked last is found by the next look.
        left = keepers(name) or processes(name)
        if not left:
            return
        log.info("killing what is left", extra=fields(cluster=name, pids=sorted(left)))
        kill(left)
    raise TransientError(f"processes of {name} do not end: {sorted(processes(name))}")


def _shut_down(directory: Path) -> None:
    with suppress(TransientError):
        control.call(directory, Verb.SHUTDOWN, grace=timedelta())


def _node_directories(name: str) -> list[Path]:
    nodes = record.cluster_directory(name) / "nodes"
    return [path for path in nodes.iterdir() if path.is_dir()] if nodes.is_dir() else []


def kill(pids: Iterable[int]) -> None:
    """Kill processes and wait, a second at most, until they are gone."""
    fds: list[int] = []
    for pid in pids:
        with suppress(ProcessLookupError):
            fd = os.pidfd_open(pid)
            fds.append(fd)
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    wait(fds, timedelta(seconds=1))
    for fd in fds:
        os.close(fd)


def wait(pidfds: Iterable[int], patience: timedelta) -> list[int]:
    """Wait until these processes have ended; gives those that have not in that time."""
    left, end = list(pidfds), time.monotonic() + patience.total_seconds()
    while left and (rest := end - time.monotonic()) > 0:
        gone, _, _ = select.select(left, [], [], rest)
        left = [fd for fd in left if fd not in gone]
    return left


def _remove_directory(directory: Path) -> None:
    """Remove the cluster's files; the record goes last, for it is what a later destroy goes by."""
    if not directory.exists():
        return
    for path in sorted(directory.iterdir(), key=lambda path: path.name == "cluster.json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    directory.rmdir()
