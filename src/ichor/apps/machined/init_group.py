"""PID 1 leaves the root of the node's control groups, which hands out controllers only when empty.

processes in the root (PID 1, the zygote) ─► init
"""

from collections.abc import Collection, Iterator
from typing import Final

from ichor.ports.cgroup import Action, Make, Place

INIT: Final = "init"


def plan(processes: Collection[int]) -> Iterator[Action]:
    """Give what empties the root; nothing if it is empty. Comes before any group with limits."""
    if processes:
        yield Make(path=INIT)
    for pid in sorted(processes):
        yield Place(path=INIT, pid=pid)
