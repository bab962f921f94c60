"""The images a node starts with: a clone of the prepared content store in its /var.

    <node>/var/lib/containerd   appears by rename, whole or not at all
    <node>/seeding              being cloned; what a killed clone left is begun anew

A reset empties /var, and nothing else could bring our images back: so the keeper asks before every
start. A store that containerd has is left alone, whatever it made of it.

    python -m ichor.provision.seed <directory of the node>
"""

import shutil
import sys
from pathlib import Path

from ichor.errors import TransientError
from ichor.linux.libc import die_with_parent
from ichor.provision.record import Node, load_node

_STORE = "var/lib/containerd"
# What containerd opens first: without it the rest is blobs that nobody knows.
_DATABASE = "io.containerd.metadata.v1.bolt/meta.db"


def is_wanted(node: Node, directory: Path) -> bool:
    """Say whether the node has a prepared store and its /var has none.

    Raises TransientError if the prepared one is gone.
    """
    if not node.store or (directory / _STORE / _DATABASE).exists():
        return False
    if not (Path(node.store) / _DATABASE).exists():
        raise TransientError(f"no images for {node.name}: {node.store} is gone; build it again")
    return True


def plant(node: Node, directory: Path) -> None:
    """Give the node's /var the prepared store if it has none."""
    if not is_wanted(node, directory):
        return
    # Not at the top: it would cost every keeper the modules that build images.
    from ichor.image.store import clone_store

    part, store = directory / "seeding", directory / _STORE
    shutil.rmtree(part, ignore_errors=True)
    clone_store(Path(node.store), part)
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if store.exists():
        shutil.rmtree(store)
    part.rename(store)


if __name__ == "__main__":
    die_with_parent()
    plant(load_node(Path(sys.argv[1])), Path(sys.argv[1]))
