"""A directory, or one file, as a gzip'ed tar: made in pieces, as fast as they are taken.

Names are relative to the root asked for. Sockets, FIFOs and devices are named, never opened; a file
that shrinks while it is read is filled up with zeros, one that grows is cut. So is one that says it
is empty and is not, as those of /proc, at ENDLESS: pagemap alone has 256 GiB.
"""

import os
import stat
import tarfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

from ichor.api.machine.tail import CHUNK
from ichor.api.machine.walking import walk

ENDLESS = 16 << 20
_LEVEL = 1  # zlib's fastest: logs and configurations, over a link that is seldom the bottleneck
_GZIP = 31  # zlib.h, deflateInit2: 15 bits of window, 16 for a gzip header


def tar_gz(root: Path) -> Generator[bytes]:
    """Give the archive of what is below root. Raises OSError if root is not there."""
    return compressed(_tar(root))


def of_file(name: str, content: bytes, mode: int = 0o600) -> Generator[bytes]:
    """Give the archive of one file that is in memory."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    return compressed(iter((_head(info), content, bytes(-len(content) % 512), bytes(1024))))


def compressed(pieces: Iterator[bytes]) -> Generator[bytes]:
    """Compress; gives pieces of about CHUNK."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    waiting = bytearray()
    for piece in pieces:
        waiting += packer.compress(piece)
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    yield bytes(waiting) + packer.flush()


def _tar(root: Path) -> Generator[bytes]:
    root.lstat()
    root = root.resolve() if root.is_dir() else root
    for path in walk(root):
        try:
            status = path.lstat()
        except OSError:  # gone meanwhile, or named longer than the kernel takes
            continue
        info = _info(root, path, status)
        if info is None:
            continue
        yield from _content(path, info) if info.isreg() else (_head(info),)
    yield bytes(1024)


def _info(root: Path, path: Path, status: os.stat_result) -> tarfile.TarInfo | None:
    name = str(path.relative_to(root)) if path != root else "."
    info = tarfile.TarInfo(root.name if name == "." and not path.is_dir() else name)
    info.mode, info.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    info.uid, info.gid = status.st_uid, status.st_gid
    kind = status.st_mode
    if stat.S_ISREG(kind):
        info.size = status.st_size
    elif stat.S_ISDIR(kind):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(kind):
        info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
    else:
        return None
    return info


def _content(path: Path, info: tarfile.TarInfo) -> Generator[bytes]:
    """Give a file's head, bytes and padding. Files of /proc say size 0: those are read first."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:  # no permission even for root, as some of /proc: left out
        return
    try:
        begun = _read(fd, CHUNK)
        if info.size == 0 and begun:
            while len(begun) < ENDLESS and (more := _read(fd, CHUNK)):
                begun += more
            info.size = len(begun)
        yield _head(info)
        left = info.size
        piece = begun
        while left:
            piece = (piece or bytes(CHUNK))[:left]
            left -= len(piece)
            yield piece
            piece = _read(fd, CHUNK) if left else b""
        yield bytes(-info.size % 512)
    finally:
        os.close(fd)


def _read(fd: int, size: int) -> bytes:
    try:
        return os.read(fd, size)
    except OSError:  # EAGAIN of a pipe-like file, EIO, EINVAL of /proc
        return b""


def _head(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, errors="surrogateescape")
