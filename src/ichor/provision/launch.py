"""Start a node: fork its pid 1 into namespaces of its own, and say why if that fails.

    keeper ── unshare(pid), fork ──► pid 1: cgroups, netns, other namespaces, root, exec init

The child runs our Python only until exec. A close-on-exec pipe tells the parent the outcome: end of
file means init runs, text is the error. Runs in a single-threaded process: a fork copies no locks.
"""

import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

from ichor.errors import TransientError
from ichor.linux.libc import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    die_with_parent,
    sethostname,
    setns,
    unshare,
)
from ichor.provision import cgroup, rootfs
from ichor.provision import name as names
from ichor.provision.record import Node


class Terminal(NamedTuple):
    """The node's console: the keeper reads `master`, pid 1 gets `slave`, whose path is `path`."""

    master: int
    slave: int
    path: str


def open_terminal() -> Terminal:
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)  # else every line feed would get a carriage return
    os.set_blocking(master, False)
    return Terminal(master, slave, os.ttyname(slave))


def launch(node: Node, directory: Path, terminal: Terminal) -> int:
    """Start the node's init; gives its pid. Raises TransientError with the child's reason."""
    hierarchies = cgroup.hierarchies()
    cgroups = cgroup.create(hierarchies, names.cgroup(node.cluster), node.name)
    for name in ("var", "state"):
        (directory / name).mkdir(exist_ok=True)
    told, tell = os.pipe()
    pid = _fork_into_pid_namespace()
    if pid == 0:
        os.close(told)
        enter = partial(_enter, node, directory, terminal, cgroups, hierarchies)
        become(enter, terminal, tell)
    return started(pid, told, tell, f"node {node.name}")


def started(pid: int, told: int, tell: int, what: str) -> int:
    """Wait until a child that does `become` has exec'ed; give its pid.

    told, tell: ends of the pipe it has. Raises TransientError with the child's reason.
    """
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        reason = pipe.read().decode(errors="replace").strip()
    if reason:
        os.waitpid(pid, 0)
        raise TransientError(f"{what} did not start: {reason}")
    return pid


def _fork_into_pid_namespace() -> int:
    """Fork a pid 1. Only children enter the new namespace, and only until we take ours back."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    unshare(CLONE_NEWPID)
    pid = os.fork()
    if pid != 0:
        setns(own, CLONE_NEWPID)
    os.close(own)
    return pid


def become(enter: Callable[[], None], terminal: Terminal, tell: int) -> NoReturn:
    """In a child: live on that terminal, no longer than the keeper; enter ends by exec."""
    try:
        _reset_signals()
        die_with_parent()
        _check_parent(tell)
        os.setsid()
        for fd in (0, 1, 2):
            os.dup2(terminal.slave, fd)
        enter()
    except BaseException as err:  # noqa: BLE001 - nothing may pass the border of the fork
        traceback.print_exc(file=sys.stderr)
        os.write(tell, f"{type(err).__name__}: {err}".encode()[:4096])
    os._exit(127)


def _enter(
    node: Node,
    directory: Path,
    terminal: Terminal,
    cgroups: Sequence[Path],
    hierarchies: Sequence[cgroup.Hierarchy],
) -> None:
    cgroup.enter(cgroups)
    _unshare(names.namespace(node.cluster, node.name))
    sethostname(node.name)
    rootfs.build(node, directory, terminal.path, hierarchies)
    os.umask(0o022)
    _raise_open_files()
    os.execve(node.init[0], list(node.init), dict(node.environment))  # noqa: S606


def _check_parent(tell: int) -> None:
    """End if the keeper ended before it could be asked to take us with it: nobody reads then."""
    poll = select.poll()
    poll.register(tell, 0)
    if poll.poll(0):
        os._exit(1)


def _raise_open_files() -> None:
    """Let init open what the host lets us open: a shell's soft limit is no business of a node's."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _unshare(network: Path) -> None:
    fd = os.open(network, os.O_RDONLY)
    setns(fd, CLONE_NEWNET)
    os.close(fd)
    # The cgroup namespace after entering the cgroups: they become its roots.
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)


def _reset_signals() -> None:
    """Init starts with every signal at its default and none blocked, as the kernel starts one."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
