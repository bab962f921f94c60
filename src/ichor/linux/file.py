"""Files on disk: written whole or not at all, and there after a crash.

    temporary beside it -> write, owner, mode -> fsync -> rename over -> fsync of the directory

`in_place` is for files that are bound over others: a bind holds the inode, so a rename would not be
seen through it. It is meant for tmpfs, where there is no crash to survive; contents are small
and written by one call.
"""

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ichor.ports.file import Action, Directory, File, MakeDirectory, Remove, Write


class KernelFiles:
    def __init__(self, root: Path, *, in_place: bool = False) -> None:
        self._root = root
        self._in_place = in_place

    def observe(self) -> Mapping[str, File | Directory]:
        return dict(_entries(self._root))

    def apply(self, action: Action) -> None:
        path = self._root / action.path
        match action:
            case Write(file=file):
                _make_parents(path)
                (rewrite if self._in_place else write)(path, file)
            case MakeDirectory(directory=directory):
                _make_parents(path)
                path.mkdir(exist_ok=True)
                os.chown(path, directory.uid, directory.gid, follow_symlinks=False)
                path.chmod(directory.mode)
            case Remove():
                remove(path)


def write(path: Path, file: File) -> None:
    """Replace the file at path atomically and durably."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _fill(fd, file)
        os.fsync(fd)
        temporary.rename(path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    finally:
        os.close(fd)
    sync_directory(path.parent)


def rewrite(path: Path, file: File) -> None:
    """Give the file at path this content, keeping its inode."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(path, flags, 0o600)
    try:
        _fill(fd, file)
        os.ftruncate(fd, len(file.content))
    finally:
        os.close(fd)


def _fill(fd: int, file: File) -> None:
    os.fchown(fd, file.uid, file.gid)
    os.fchmod(fd, file.mode)
    rest = memoryview(file.content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _make_parents(path: Path) -> None:
    """Make missing directories with 0755, whatever the umask."""
    missing = [parent for parent in path.parents if not parent.is_dir()]
    for parent in reversed(missing):
        parent.mkdir()
        parent.chmod(0o755)


def _entries(root: Path) -> "list[tuple[str, File | Directory]]":
    found: list[tuple[str, File | Directory]] = []
    for folder, directories, files in os.walk(root):
        for name in sorted((*directories, *files)):
            path = Path(folder, name)
            with suppress(FileNotFoundError):  # removed while we look
                entry = _entry(path)
                if entry is not None:
                    found.append((str(path.relative_to(root)), entry))
    return found


def _entry(path: Path) -> File | Directory | None:
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return Directory(mode=mode, uid=status.st_uid, gid=status.st_gid)
    if stat.S_ISREG(status.st_mode):
        content = path.read_bytes()
        return File(content=content, mode=mode, uid=status.st_uid, gid=status.st_gid)
    return None
