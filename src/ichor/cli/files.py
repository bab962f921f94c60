"""`ichor list`, `read`, `copy`, `usage`: files of machines."""

import os
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.table import size
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

_TYPES: Final = {"f": "REGULAR", "d": "DIRECTORY", "l": "SYMLINK", "L": "SYMLINK"}
# Bits of the mode as it travels, see api.machine.files.
_KINDS: Final = ((31, "d"), (27, "l"), (21, "c"), (26, "b"), (25, "p"), (24, "s"))
_LONG: Final = "{:<16} {:<11} {:>5} {:>5} {:>12}  {:<20}  {}"


@click.command(name="list")
@click.argument("path", default="/")
@click.option("-l", "--long", "is_long", is_flag=True, help="Also mode, owner, size, time.")
@click.option("-H", "--humanize", is_flag=True, help="Sizes for people.")
@click.option("-r", "--recurse", is_flag=True, help="Also what is below.")
@click.option("-d", "--depth", default=1, show_default=True, help="How deep.")
@click.option("-t", "--type", "types", multiple=True, help="f, d or l: only those.")
@calls_machines
def list_(
    target: Target,
    path: str,
    depth: int,
    types: tuple[str, ...],
    *,
    is_long: bool,
    humanize: bool,
    recurse: bool,
) -> None:
    """List files."""
    from ichor.proto.machine import machine_pb2 as pb

    unknown = sorted(set(types) - _TYPES.keys())
    if unknown:
        raise InputError(f"{unknown[0]!r}: expected f, d or l", path="--type")
    request = pb.ListRequest(
        root=path,
        recurse=recurse or depth > 1,
        recursion_depth=depth,
        types=[_TYPES[kind] for kind in types],
    )

    async def ask(node: "Node", several: bool) -> None:
        if is_long:
            print(_LONG.format("NODE", "MODE", "UID", "GID", "SIZE(B)", "LASTMOD", "NAME"))
        async for one in node.stream("List", request, pb.FileInfo):
            if one.error:
                print(f"{node.name}: {one.name}: {one.error}", file=sys.stderr)
            elif is_long:
                print(long(node.name, one, humanize=humanize))
            else:
                print(f"{node.name}   {one.relative_name}" if several else one.relative_name)

    target.stream(ask)


def long(node: str, one: "pb.FileInfo", *, humanize: bool) -> str:
    stamp = datetime.fromtimestamp(one.modified, UTC).strftime("%b %d %Y %H:%M:%S")
    name = f"{one.relative_name} -> {one.link}" if one.link else one.relative_name
    shown = size(one.size) if humanize else str(one.size)
    return _LONG.format(node, mode(one.mode), one.uid, one.gid, shown, stamp, name)


def mode(bits: int) -> str:
    """Write a mode as ls does: drwxr-xr-x."""
    kind = next((letter for bit, letter in _KINDS if bits & (1 << bit)), "-")
    letters = ["rwxrwxrwx"[8 - bit] if bits & (1 << bit) else "-" for bit in range(8, -1, -1)]
    for bit, place, letter in ((23, 2, "s"), (22, 5, "s"), (20, 8, "t")):
        if bits & (1 << bit):
            letters[place] = letter if letters[place] == "x" else letter.upper()
    return kind + "".join(letters)


@click.command()
@click.argument("path")
@calls_machines
def read(target: Target, path: str) -> None:
    """Print a file."""
    from ichor.cli.logs import pour
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    async def copy_out(node: "Node", several: bool) -> None:
        stream = node.stream("Read", pb.ReadRequest(path=path), common_pb2.Data)
        await pour(stream, node.name if several else "")

    target.stream(copy_out)


def extract(tar: tarfile.TarFile, to: Path) -> None:
    """Unpack below a directory. Raises InputError for a name or link that leads out of it."""
    try:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(to, filter="data")
        else:  # Python before 3.11.4, as in Debian 12
            for member in tar:
                _extract_one(tar, member, to)
    except tarfile.TarError as error:
        raise InputError(f"the archive: {error}") from error


def _extract_one(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    """Do as tarfile's filter `data` for the kinds of files that a node sends."""
    parts = PurePosixPath(member.name).parts
    top, place = to.resolve(), to.joinpath(*parts[:-1]).resolve()
    aims = (place / member.linkname).resolve() if member.issym() else place
    # The name itself may be a link by now, that pointed at nothing when it was unpacked.
    places = (place, aims, to.joinpath(*parts).resolve())
    if ".." in parts or not all(each.is_relative_to(top) for each in places):
        raise InputError(f"{member.name!r} leads out of {to}")
    if not (member.isreg() or member.isdir() or member.issym()):
        raise InputError(f"{member.name!r} is no file, directory or link")
    member.mode = member.mode & 0o755 | (0o700 if member.isdir() else 0)
    member.uid, member.gid = os.getuid(), os.getgid()
    tar.extract(member, to, numeric_owner=True)


@click.command()
@click.argument("path")
@click.argument("to", metavar="DIRECTORY|-")
@calls_machines
def copy(target: Target, path: str, to: str) -> None:
    """Copy a file or directory into DIRECTORY; with -, print the tar.gz."""
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    async def fetch(node: "Node") -> None:
        stream = node.stream("Copy", pb.CopyRequest(root_path=path), common_pb2.Data)
        if to == "-":
            async for piece in stream:
                sys.stdout.buffer.write(piece.bytes)
            sys.stdout.buffer.flush()
            return
        with tempfile.TemporaryFile() as archive:
            async for piece in stream:
                archive.write(piece.bytes)
            archive.seek(0)
            with tarfile.open(fileobj=archive, mode="r:gz") as tar:
                extract(tar, Path(to))

    target.one(fetch)


@click.command()
@click.argument("paths", nargs=-1)
@click.option("-a", "--all", "is_all", is_flag=True, help="Files, too.")
@click.option("-d", "--depth", default=0, show_default=True, help="How deep to show.")
@click.option("-H", "--humanize", is_flag=True, help="Sizes for people.")
@click.option("-t", "--threshold", default=0, show_default=True, help="Least size; below 0: most.")
@calls_machines
def usage(
    target: Target,
    paths: tuple[str, ...],
    depth: int,
    threshold: int,
    *,
    is_all: bool,
    humanize: bool,
) -> None:
    """Sum up sizes of directories."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.DiskUsageRequest(
        paths=paths, recursion_depth=depth, all=is_all, threshold=threshold
    )

    async def ask(node: "Node", several: bool) -> None:
        print(f"{'NODE':<20} {'SIZE':>12}  NAME")
        async for one in node.stream("DiskUsage", request, pb.DiskUsageInfo):
            shown = size(one.size) if humanize else str(one.size)
            print(f"{node.name:<20} {shown:>12}  {one.error or one.name}")

    target.stream(ask)
