"""Calls of the kernel that Python 3.11 has no name for: mounts, namespaces, prctl.

One thin function a call, named as its manual page; each raises OSError with errno and the path.
The numbers are of include/uapi/linux/{mount,sched,prctl}.h.
"""

import ctypes
import os
import platform
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MS_SHARED = 1 << 20
MNT_DETACH = 2

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

PR_SET_PDEATHSIG = 1

# pivot_root(2) has no wrapper in glibc; syscall tables of the two architectures we build for.
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, path: str | Path) -> None:
    if result != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), str(path))


def mount(
    source: str | Path, target: str | Path, fstype: str = "", flags: int = 0, data: str = ""
) -> None:
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        fstype.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _check(result, f"{fstype or 'mount'} {source} on {target}")


def bind(source: str | Path, target: str | Path, flags: int = 0) -> None:
    """Show source at target too; flags need a second call, for the first ignores them."""
    mount(source, target, flags=MS_BIND)
    if flags:
        mount("none", target, flags=MS_BIND | MS_REMOUNT | flags)


def make_read_only(target: str | Path, flags: int = 0) -> None:
    """Make this mount, not its file system, read-only; flags: those it must keep."""
    mount("none", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | flags)


def umount(target: str | Path, flags: int = 0) -> None:
    _check(_libc.umount2(os.fsencode(target), flags), target)


def pivot_root(new_root: str | Path, put_old: str | Path) -> None:
    number = _SYS_PIVOT_ROOT[platform.machine()]
    _check(_libc.syscall(number, os.fsencode(new_root), os.fsencode(put_old)), new_root)


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(fd: int, kind: int) -> None:
    _check(_libc.setns(fd, kind), f"setns {kind:#x}")


def die_with_parent(sig: signal.Signals = signal.SIGKILL) -> None:
    """Ask for a signal when the thread that forked us ends (prctl(2), PR_SET_PDEATHSIG)."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0), "PR_SET_PDEATHSIG")


def sethostname(name: str) -> None:
    raw = name.encode()
    _check(_libc.sethostname(raw, len(raw)), name)


@contextmanager
def network_namespace(path: str | Path) -> Generator[None]:
    """Be in the network namespace of path for a while; what is opened there stays of there.

    Only this thread moves. Do not await inside: other tasks would run in that namespace.
    """
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        other = os.open(path, os.O_RDONLY)
        try:
            setns(other, CLONE_NEWNET)
        finally:
            os.close(other)
        try:
            yield
        finally:
            setns(own, CLONE_NEWNET)
    finally:
        os.close(own)
