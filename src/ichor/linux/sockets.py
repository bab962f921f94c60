"""Sockets of the network namespaces of a node, as /proc of a process in each tells them.

    /run/netns/<name>  (its inode)  ─┐
    /proc/<pid>/ns/net              ─┴─► one process a namespace ─► its /proc/<pid>/net/tcp, ...

No namespace is entered. One without a process has no socket that a process holds.
"""

from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from ichor.formats import procnet
from ichor.formats.procnet import Socket

PROTOCOLS: Final = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6")
HOST: Final = ""
_PROC: Final = Path("/proc")
_NAMES: Final = Path("/run/netns")
_SOCKET: Final = "socket:["


class Wanted(NamedTuple):
    """names: of namespaces, the node's own is empty; None for all. programs: say who holds them."""

    protocols: Collection[str] = PROTOCOLS
    names: Collection[str] | None = (HOST,)
    programs: bool = False


class Holder(NamedTuple):
    pid: int
    name: str


class Found(NamedTuple):
    """holder: of several processes one; None if nobody holds it, or nobody asked."""

    protocol: str
    namespace: str
    socket: Socket
    holder: Holder | None = None


def sockets(wanted: Wanted, proc: Path = _PROC, names: Path = _NAMES) -> Generator[Found]:
    """Give sockets by namespace and protocol. It reads every process: not for the loop."""
    pids = [int(one.name) for one in proc.iterdir() if one.name.isdecimal()]
    holders = dict(_holders(proc, pids)) if wanted.programs else {}
    for namespace, pid in _members(proc, names, pids).items():
        if wanted.names is None or namespace in wanted.names:
            for protocol in wanted.protocols:
                for one in _table(proc / str(pid) / "net" / protocol):
                    yield Found(protocol, namespace, one, holders.get(one.inode))


def _members(proc: Path, names: Path, pids: Collection[int]) -> Mapping[str, int]:
    """Give a process of each namespace that has a name, and of our own."""
    known = {**_inodes(names), _inode(proc / "self/ns/net"): HOST}
    found: dict[str, int] = {}
    for pid in pids:
        name = known.get(_inode(proc / str(pid) / "ns/net"))
        if name is not None:
            found.setdefault(name, pid)
    return found


def _inodes(names: Path) -> Mapping[int, str]:
    return {_inode(one): one.name for one in sorted(names.iterdir())} if names.is_dir() else {}


def _inode(path: Path) -> int:
    """Give the inode that tells namespaces apart (namespaces(7)); 0 if it has ended."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _holders(proc: Path, pids: Collection[int]) -> Iterator[tuple[int, Holder]]:
    for pid in pids:
        with suppress(OSError):  # it ended meanwhile
            holder = Holder(pid, (proc / str(pid) / "comm").read_text(errors="replace").strip())
            for inode in _held(proc / str(pid) / "fd"):
                yield inode, holder


def _held(folder: Path) -> Iterator[int]:
    for one in folder.iterdir():
        with suppress(OSError):  # closed meanwhile
            target = str(one.readlink())
            if target.startswith(_SOCKET):
                yield int(target[len(_SOCKET) : -1])


def _table(path: Path) -> Collection[Socket]:
    try:
        return procnet.parse(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ProcessLookupError, NotADirectoryError):  # no such protocol, ended
        return ()
