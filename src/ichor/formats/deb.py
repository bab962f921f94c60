"""Debian binary packages: the files inside, and nothing run.

`ar` archive: 8 bytes magic, then members of a 60-byte header (name[16], mtime, uid, gid, mode,
size[10] as decimal text, two bytes of end mark) and the body padded to even. The member
`data.tar.{gz,xz,zst}` is the tree; `control.tar.*` with the maintainer scripts is never opened.
"""

import gzip
import io
import lzma
import sys
import tarfile
from collections.abc import Iterator

from ichor.errors import FormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = b"!<arch>\n"
_HEADER = 60


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the members of an ar archive, in order. Raises FormatError."""
    if not data.startswith(MAGIC):
        raise FormatError("an ar archive")
    at = len(MAGIC)
    while at < len(data):
        header = data[at : at + _HEADER]
        length = header[48:58].strip()
        if len(header) != _HEADER or header[58:] != b"`\n" or not length.isdigit():
            raise FormatError("an ar member header", offset=at)
        start, size = at + _HEADER, int(length)
        if start + size > len(data):
            raise FormatError(f"{size} bytes of an ar member", offset=start)
        yield (
            header[:16].decode("ascii", "replace").rstrip().rstrip("/"),
            data[start : start + size],
        )
        at = start + size + size % 2


def data_tar(package: bytes) -> bytes:
    """Give the tree of a package as an uncompressed tar. Raises FormatError."""
    for name, body in members(package):
        if name.startswith("data.tar"):
            return _expand(name.removeprefix("data.tar"), body)
    raise FormatError("a member data.tar")


def tree(package: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield each entry of a package with its content; names are relative, without `./`."""
    body = data_tar(package)
    try:
        yield from _entries(body)
    except (tarfile.TarError, KeyError, ValueError, OverflowError) as err:
        raise FormatError(f"a readable data.tar: {err}") from err


def _entries(data: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for entry in archive:
            entry.name = entry.name.removeprefix("./").strip("/")
            if not entry.name or entry.name == ".":
                continue
            if ".." in entry.name.split("/"):
                raise FormatError(f"a path inside the tree, not {entry.name!r}")
            body = archive.extractfile(entry) if entry.isfile() else None
            yield entry, body.read() if body else b""


def _expand(suffix: str, body: bytes) -> bytes:
    try:
        match suffix:
            case "":
                return body
            case ".xz":
                return lzma.decompress(body)
            case ".gz":
                return gzip.decompress(body)
            case ".zst":
                return zstd.decompress(body)
            case _:
                raise FormatError(f"data.tar as gz, xz or zst, not {suffix!r}")
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError, zstd.ZstdError) as err:
        raise FormatError(f"data.tar{suffix} that can be expanded: {err}") from err
