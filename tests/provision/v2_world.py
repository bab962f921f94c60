"""A host with cgroup version 2 only: run under `unshare --mount`; v2_world.py NAME ROOT.

The machine's own trees are hidden in this mount namespace, and a cgroup of its v2 tree (even one
without controllers) is mounted as the root. Prints what a node saw, one line a finding.
"""

import os
import sys
from pathlib import Path

from tests.provision.clusters import ask, create

from ichor.linux.libc import CLONE_NEWCGROUP, mount, umount, unshare
from ichor.provision import cgroup, inventory
from ichor.provision.containers import Containers

TOP = Path("/sys/fs/cgroup")


def version_2(name: str) -> Path:
    """Make the mount; gives the cgroup, seen from outside, that the caller removes."""
    (tree,) = [each for each in cgroup.hierarchies() if each.is_v2]
    own = tree.directory / f"{name}-world"
    own.mkdir()
    (own / "cgroup.procs").write_text("0")
    unshare(CLONE_NEWCGROUP)
    for each in reversed(cgroup.hierarchies()):
        umount(each.directory)
    mount("cgroup2", TOP, "cgroup2")
    leaf = TOP / "leaf"
    leaf.mkdir()
    (leaf / "cgroup.procs").write_text("0")
    return own


def main(name: str, root: str) -> None:
    version_2(name)
    print([each.is_v2 for each in cgroup.hierarchies()])
    node = create(name, Path(root), workers=1).nodes[1]
    print(ask(node, "read /proc/1/cgroup").splitlines()[-1])
    mounts = [line.split() for line in ask(node, "read /proc/mounts").splitlines()]
    print([(kind, where) for _, where, kind, *_ in mounts if kind.startswith("cgroup")])
    print(len(cgroup.processes(cgroup.find(f"ichor.{name}"))))
    Containers().destroy(name)
    print(inventory.of_cluster(name))
    (TOP / "cgroup.procs").write_text(str(os.getpid()))
    (TOP / "leaf").rmdir()


if __name__ == "__main__":
    main(*sys.argv[1:])
