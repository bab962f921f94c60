"""Run on the host as root: look at a node from inside its namespaces, and say what was found.

    python -m tests.cluster.probe PID walk            what can be written, what is set-uid
    python -m tests.cluster.probe PID read UID PATH   what a process of that user reads

Nothing is changed: files are opened for writing and closed, and what is created is removed.
Processes' own directories in /proc are left out: they come and go.
"""

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ichor.linux import libc

_NAME = ".ichor-probe"
_CGROUPS = Path("/sys/fs/cgroup")
_PROC = (Path("/proc"), Path("/run/host/proc"))
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


def main() -> None:
    pid, what, *arguments = sys.argv[1:]
    enter(int(pid))
    if what == "walk":
        found: list[object] = list(walk(Path("/")))
    else:
        found = list(read(int(arguments[0]), arguments[1:]))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
