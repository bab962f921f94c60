"""Who is at the other end of a TCP connection over the loopback.

TCP has no SO_PEERCRED: the peer's socket is found in /proc/net/tcp by the two ends of the
connection, and its owner by the descriptors of the processes that may own it. A user id would tell
less: pods in the node's network may run as root, too.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from ichor.formats import procnet
from ichor.formats.procnet import End

_TABLE = Path("/proc/net/tcp")


def belongs_to(pids: Callable[[], Collection[int]]) -> Callable[[End, End], bool]:
    """Give what says of a connection, by the peer's end and ours, whether one of them holds it."""

    def belongs(peer: End, own: End) -> bool:
        inode = _inode(peer, own)
        return inode != 0 and any(_holds(pid, inode) for pid in pids())

    return belongs


def _inode(peer: End, own: End) -> int:
    """Give the inode of the peer's socket; 0 if there is none, or nobody's."""
    for row in procnet.parse(_TABLE.read_text(encoding="ascii")):
        if (row.local, row.remote) == (peer, own):
            return row.inode
    return 0


def _holds(pid: int, inode: int) -> bool:
    wanted = f"socket:[{inode}]"
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                if str(descriptor.readlink()) == wanted:
                    return True
            except FileNotFoundError:  # closed meanwhile
                continue
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile
        return False
    return False
