"""Run on the host as root: look at a node from inside its namespaces, and say what was found.

    python -m tests.cluster.probe PID walk            what can be written, what is set-uid
    python -m tests.cluster.probe PID read UID PATH   what a process of that user reads
    python -m tests.cluster.probe PID loopback        what its loopback says to a pod of its network

Nothing is changed: files are opened for writing and closed, and what is created is removed.
Processes' own directories in /proc are left out: they come and go.
"""

import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ichor.formats import procnet
from ichor.linux import libc

_NAME = ".ichor-probe"
_CGROUPS = Path("/sys/fs/cgroup")
_PROC = (Path("/proc"), Path("/run/host/proc"))
_LISTEN = 10  # include/net/tcp_states.h
_SHELLS = ("sh", "bash", "dash", "ash", "busybox", "zsh")


def enter(pid: int) -> None:
    space = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    libc.setns(space, libc.CLONE_NEWNS)
    os.close(space)
    os.chdir("/")


def takes_files(directory: Path) -> bool:
    path = directory / _NAME
    try:
        if directory.is_relative_to(_CGROUPS):
            path.mkdir()
            path.rmdir()
        else:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            path.unlink()
    except OSError:
        return False
    return True


def opens(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def walk(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, path): `writable` (a directory ends in /), `setuid`, `shell`."""
    if takes_files(directory):
        yield "writable", f"{directory}/".replace("//", "/")
    for path in sorted(directory.iterdir()):
        try:
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode) and not (directory in _PROC and path.name.isdigit()):
                yield from walk(path)
            elif stat.S_ISREG(mode):
                yield from look(path, mode)
        except OSError:  # gone meanwhile
            continue


def look(path: Path, mode: int) -> Iterator[tuple[str, str]]:
    if mode & (stat.S_ISUID | stat.S_ISGID):
        yield "setuid", str(path)
    if path.name in _SHELLS:
        yield "shell", str(path)
    if opens(path):
        yield "writable", str(path)


def read(uid: int, paths: list[str]) -> Iterator[str]:
    """Yield what that user can open for reading."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    for path in paths:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            continue
        yield path


def loopback(pid: int) -> Iterator[tuple[int, str]]:
    """Yield each port that is listened on there, with what it answers to a plain request."""
    space = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    libc.setns(space, libc.CLONE_NEWNET)
    os.close(space)
    for row in procnet.parse(Path("/proc/self/net/tcp").read_text()):
        if row.state == _LISTEN and row.local.host == "127.0.0.1":
            yield row.local.port, ask(row.local)


def ask(end: procnet.End) -> str:
    try:
        with socket.create_connection(end, timeout=5) as link:
            link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return link.recv(1 << 16).decode(errors="replace")
    except OSError:
        return ""


def main() -> None:
    pid, what, *arguments = sys.argv[1:]
    if what == "loopback":
        json.dump(list(loopback(int(pid))), sys.stdout)
        return
    enter(int(pid))
    if what == "walk":
        found: list[object] = list(walk(Path("/")))
    else:
        found = list(read(int(arguments[0]), arguments[1:]))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
