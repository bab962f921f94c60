"""Files of the node: List, DiskUsage, Read and Copy.

Paths are absolute. Read follows links, as cat does; what is not a regular file is refused without
being opened, so that no device or FIFO can hold PID 1. Listing does not follow links.
"""

import os
import stat
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import aclosing
from pathlib import Path

from ichor.api.machine.aside import Aside
from ichor.api.machine.table import streaming
from ichor.api.machine.tail import CHUNK
from ichor.api.machine.walking import ALL, measured, walk
from ichor.errors import InputError
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

# The mode of a file as clients read it: permissions below, the kind in the high bits (the
# encoding of Go's io/fs.FileMode, which is what the field carries).
_DIRECTORY, _LINK, _DEVICE, _FIFO, _SOCKET = 1 << 31, 1 << 27, 1 << 26, 1 << 25, 1 << 24
_SETUID, _SETGID, _CHARACTER, _STICKY = 1 << 23, 1 << 22, 1 << 21, 1 << 20
_KINDS = {
    stat.S_IFDIR: _DIRECTORY,
    stat.S_IFLNK: _LINK,
    stat.S_IFBLK: _DEVICE,
    stat.S_IFCHR: _DEVICE | _CHARACTER,
    stat.S_IFIFO: _FIFO,
    stat.S_IFSOCK: _SOCKET,
}
_BITS = {stat.S_ISUID: _SETUID, stat.S_ISGID: _SETGID, stat.S_ISVTX: _STICKY}
_TYPES = {
    pb.ListRequest.REGULAR: stat.S_ISREG,
    pb.ListRequest.DIRECTORY: stat.S_ISDIR,
    pb.ListRequest.SYMLINK: stat.S_ISLNK,
}
_BATCH = 64  # entries between turns of the loop


class FileService:
    """aside: where files are read, which may take for ever."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **streaming("List", pb.ListRequest, pb.FileInfo, self.list),
            **streaming("DiskUsage", pb.DiskUsageRequest, pb.DiskUsageInfo, self.usage),
            **streaming("Read", pb.ReadRequest, common_pb2.Data, self.read),
            **streaming("Copy", pb.CopyRequest, common_pb2.Data, self.copy),
        }

    async def list(self, request: pb.ListRequest, context: Context) -> AsyncIterator[pb.FileInfo]:
        async with aclosing(self._aside.each(lambda: _listed(request), _BATCH)) as items:
            async for found in items:
                yield found

    async def usage(
        self, request: pb.DiskUsageRequest, context: Context
    ) -> AsyncIterator[pb.DiskUsageInfo]:
        async with aclosing(self._aside.each(lambda: _used(request), _BATCH)) as items:
            async for found in items:
                yield found

    async def read(
        self, request: pb.ReadRequest, context: Context
    ) -> AsyncIterator[common_pb2.Data]:
        async with aclosing(self._aside.each(lambda: _pieces(absolute(request.path)))) as items:
            async for piece in items:
                yield common_pb2.Data(bytes=piece)

    async def copy(
        self, request: pb.CopyRequest, context: Context
    ) -> AsyncIterator[common_pb2.Data]:
        from ichor.api.machine.archive import tar_gz  # with tarfile, 360 KiB

        async with aclosing(self._aside.each(lambda: tar_gz(absolute(request.root_path)))) as items:
            async for piece in items:
                yield common_pb2.Data(bytes=piece)


def _listed(request: pb.ListRequest) -> Generator[pb.FileInfo]:
    root = absolute(request.root or "/")
    root = root.resolve() if root.is_symlink() else root
    tests = [_TYPES[kind] for kind in request.types]
    for path in walk(root, _depth(request.recursion_depth, recurse=request.recurse)):
        found = entry(root, path, xattrs=request.report_xattrs)
        if found.error or not tests or any(test(path.lstat().st_mode) for test in tests):
            yield found


def _used(request: pb.DiskUsageRequest) -> Generator[pb.DiskUsageInfo]:
    for name in request.paths or ("/",):
        root = absolute(name)
        for size, path, depth in measured(root):
            if _shown(request, size, depth, is_directory=path.is_dir()):
                relative = str(path.relative_to(root))
                yield pb.DiskUsageInfo(name=str(path), size=size, relative_name=relative)


def _pieces(path: Path) -> Generator[bytes]:
    fd = open_regular(path)
    try:
        while piece := os.read(fd, CHUNK):
            yield piece
    finally:
        os.close(fd)


def open_regular(path: Path) -> int:
    """Open a file for reading; caller closes. Raises InputError if it is no regular file.

    What was looked at is what is opened: a pod may put a device or FIFO in its place meanwhile.
    """
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError("is no regular file", path=str(path))
        return os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    finally:
        os.close(handle)


def absolute(name: str) -> Path:
    """Raises InputError for a path that does not begin at the root."""
    if not name.startswith("/") or "\0" in name:
        raise InputError(f"{name!r} is no absolute path")
    return Path(os.path.normpath(name))


def _depth(asked: int, *, recurse: bool) -> int:
    """Give how many levels below the root are listed; 0 and less, of who recurses: all."""
    if not recurse:
        return max(asked, 1)
    return asked if asked > 1 else ALL


def entry(root: Path, path: Path, *, xattrs: bool = False) -> pb.FileInfo:
    relative = str(path.relative_to(root))
    try:
        status = path.lstat()
        link = str(path.readlink()) if stat.S_ISLNK(status.st_mode) else ""
    except OSError as error:
        return pb.FileInfo(name=str(path), relative_name=relative, error=str(error))
    return pb.FileInfo(
        name=str(path),
        relative_name=relative,
        size=status.st_size,
        mode=mode_of(status.st_mode),
        modified=int(status.st_mtime),
        is_dir=stat.S_ISDIR(status.st_mode),
        link=link,
        uid=status.st_uid,
        gid=status.st_gid,
        xattrs=_xattrs(path) if xattrs else (),
    )


def mode_of(mode: int) -> int:
    bits = sum(ours for theirs, ours in _BITS.items() if mode & theirs)
    return (mode & 0o777) | bits | _KINDS.get(stat.S_IFMT(mode), 0)


def _xattrs(path: Path) -> list[pb.Xattr]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return [
            pb.Xattr(name=name, data=os.getxattr(path, name, follow_symlinks=False))
            for name in names
        ]
    except OSError:  # a file system without them
        return []


def _shown(request: pb.DiskUsageRequest, size: int, depth: int, *, is_directory: bool) -> bool:
    if depth and not (is_directory or request.all):
        return False
    if depth > max(request.recursion_depth, 0):
        return False
    if request.threshold < 0:
        return size <= -request.threshold
    return size >= request.threshold
