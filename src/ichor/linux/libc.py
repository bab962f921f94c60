"""System calls that Python 3.11 does not offer, through libc: each raises OSError with its subject.

Numbers are from the kernel's include/uapi; glibc >= 2.34 has every wrapper used but pivot_root.
"""

import ctypes
import os
import platform
import signal
import socket
from collections.abc import Iterable, Mapping
from typing import TypeAlias

# include/uapi/linux/mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 32, 4096, 8192, 16384
MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 17, 1 << 18, 1 << 19, 1 << 20
MS_NOATIME, MS_RELATIME, MS_STRICTATIME = 1 << 10, 1 << 21, 1 << 24
MNT_DETACH = 2

# include/uapi/linux/sched.h
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)

# include/uapi/linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_NAME = 1, 8, 15
PR_SET_SECCOMP, PR_CAPBSET_READ, PR_CAPBSET_DROP = 22, 23, 24
PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 28, 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 47, 2, 4

StrPath: TypeAlias = "str | os.PathLike[str]"

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
]
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
_libc.close_range.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_int]


def _check(result: int, subject: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), subject)
    return result


def _bytes(text: StrPath) -> bytes | None:
    return os.fsencode(text) or None


def mount(
    source: StrPath, target: StrPath, fstype: str = "", flags: int = 0, data: str = ""
) -> None:
    raw = _libc.mount(_bytes(source), _bytes(target), _bytes(fstype), flags, _bytes(data))
    _check(raw, f"{target} (mount {fstype or 'flags'} from {source or 'none'})")


# include/uapi/linux/mount.h; asm-generic/unistd.h, the same for every architecture of ours
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8
_FSOPEN, _FSCONFIG, _FSMOUNT, _CLOEXEC = 430, 431, 432, 1
_SET_FLAG, _SET_STRING, _CREATE = 0, 1, 6


def mount_detached(source: StrPath, fstype: str, options: Mapping[str, str], flags: int) -> int:
    """Mount what nobody else sees; give a descriptor of its root, whose closing unmounts it.

    options: of the file system; empty values are flags of it. flags: MOUNT_ATTR_*. Raises OSError.
    """
    subject = f"{source} (detached mount of {fstype})"
    context = _check(_libc.syscall(_FSOPEN, fstype.encode(), _CLOEXEC), subject)
    try:
        for name, value in {"source": os.fspath(source), **options}.items():
            kind, text = (_SET_STRING, value.encode()) if value else (_SET_FLAG, None)
            _check(_libc.syscall(_FSCONFIG, context, kind, name.encode(), text, 0), subject)
        _check(_libc.syscall(_FSCONFIG, context, _CREATE, None, None, 0), subject)
        return _check(_libc.syscall(_FSMOUNT, context, _CLOEXEC, flags), subject)
    finally:
        os.close(context)


def umount(target: StrPath, flags: int = 0) -> None:
    _check(_libc.umount2(os.fsencode(target), flags), os.fspath(target))


def pivot_root(new: StrPath, old: StrPath) -> None:
    call = _PIVOT_ROOT[platform.machine()]
    _check(_libc.syscall(call, os.fsencode(new), os.fsencode(old)), os.fspath(new))


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(fd: int, kind: int = 0) -> None:
    _check(_libc.setns(fd, kind), f"setns {kind:#x}")


def sethostname(name: str) -> None:
    raw = os.fsencode(name)
    _check(_libc.sethostname(raw, len(raw)), name)


def setdomainname(name: str) -> None:
    raw = os.fsencode(name)
    _check(_libc.setdomainname(raw, len(raw)), name)


def prctl(option: int, *arguments: int) -> int:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _check(_libc.prctl(option, *padded), f"prctl {option}")


def die_with_parent(sig: signal.Signals = signal.SIGKILL) -> None:
    """Ask for a signal when the thread that forked us ends."""
    prctl(PR_SET_PDEATHSIG, int(sig))


def set_thread_name(name: str) -> None:
    """Set /proc/self/comm: at most 15 bytes are kept."""
    buffer = ctypes.create_string_buffer(os.fsencode(name)[:15])
    prctl(PR_SET_NAME, ctypes.addressof(buffer))


def reboot(command: int) -> None:
    """Restart, halt or power off; in a pid namespace init ends by SIGHUP (restart) or SIGINT."""
    _check(_libc.reboot(ctypes.c_int(command)), f"reboot {command:#x}")


def klogctl(kind: int, buffer: bytearray | None = None) -> int:
    """Do syslog(2): kinds in kernel/printk; buffer receives what is read."""
    if buffer is None:
        return _check(_libc.klogctl(kind, None, 0), f"klogctl {kind}")
    view = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    return _check(_libc.klogctl(kind, view, len(buffer)), f"klogctl {kind}")


def inotify_init() -> int:
    """Give a descriptor that does not block."""
    return _check(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK), "inotify")


def inotify_add_watch(fd: int, path: str, events: int) -> int:
    return _check(_libc.inotify_add_watch(fd, _bytes(path), events), path)


# malloc.h of glibc
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def return_memory_early() -> None:
    """Have malloc give large blocks back when they are freed; children by fork inherit it.

    Left alone it learns from the first large block freed to keep such blocks on the heap, where
    one small neighbour pins them: [m] after a refused configuration of 30 MB machined stayed at
    142 MB, with this at 34.
    """
    for option, value in (
        (_M_MMAP_THRESHOLD, 128 << 10),
        (_M_TRIM_THRESHOLD, 128 << 10),
        (_M_ARENA_MAX, 1),
    ):
        _libc.mallopt(option, value)


def close_from(first: int) -> None:
    _check(_libc.close_range(first, 0xFFFFFFFF, 0), f"close_range {first}")


def filesystem_magic(path: str) -> int:
    """Give statfs(2) f_type: see include/uapi/linux/magic.h."""
    buffer = (ctypes.c_long * 32)()
    _check(_libc.statfs(os.fsencode(path), buffer), path)
    return int(buffer[0])


class _SockFprog(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def set_seccomp(program: bytes) -> None:
    """Install a filter for this thread and its children; needs no_new_privs or CAP_SYS_ADMIN."""
    fprog = _SockFprog(len(program) // 8, program)
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(fprog))


_SO_ATTACH_FILTER = 26  # include/uapi/asm-generic/socket.h


def attach_filter(fd: int, program: bytes) -> None:
    """Have a socket pass over what a filter of classic BPF does not let through."""
    fprog = _SockFprog(len(program) // 8, program)
    result = _libc.setsockopt(
        fd, socket.SOL_SOCKET, _SO_ATTACH_FILTER, ctypes.byref(fprog), ctypes.sizeof(fprog)
    )
    _check(result, "SO_ATTACH_FILTER")


_CAPABILITY_VERSION_3 = 0x20080522  # include/uapi/linux/capability.h


def capget() -> tuple[int, int, int]:
    """Give this thread's (effective, permitted, inheritable) sets as bit masks."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, data), "capget")
    low, high = data[0:3], data[3:6]
    effective, permitted, inheritable = (a | b << 32 for a, b in zip(low, high, strict=True))
    return effective, permitted, inheritable


def capset(effective: int, permitted: int, inheritable: int) -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (effective, permitted, inheritable)
    words: Iterable[int] = [*(s & 0xFFFFFFFF for s in sets), *(s >> 32 for s in sets)]
    data = (ctypes.c_uint32 * 6)(*words)
    _check(_libc.capset(header, data), "capset")


def overwrite_command_line(text: str) -> None:
    """Replace what /proc/self/cmdline shows, within the room the old one had.

    A forked daemon would show its parent's. The area is written directly because
    prctl(PR_SET_MM) needs CAP_SYS_RESOURCE; fields 48 to 51 of proc_pid_stat(5) name it, and the
    environment's behind it, which is room too once its strings have been copied (a line without a
    NUL at the end of the first area goes on into the second: fs/proc/base.c).
    """
    with open("/proc/self/stat", encoding="utf-8") as file:  # noqa: PTH123 - no pathlib in a fork
        rest = file.read().rpartition(")")[2].split()
    start, end, next_start, next_end = (int(field) for field in rest[45:49])
    if start == 0 or end <= start:
        return
    if next_start == end and not _has_environment(next_start, next_end):
        end = next_end
    raw = os.fsencode(text)[: end - start - 1]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, raw, len(raw))


def _has_environment(start: int, end: int) -> bool:
    """Say whether any string of the process's environment lies there."""
    place = ctypes.c_void_p.in_dll(_libc, "environ").value
    while place and (address := ctypes.c_void_p.from_address(place).value):
        if start <= address < end:
            return True
        place += ctypes.sizeof(ctypes.c_void_p)
    return False
