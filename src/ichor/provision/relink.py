"""Make a node's network anew: `python -m ichor.provision.relink <directory of the node>`."""

import sys
from pathlib import Path

from ichor.provision.network import make_node
from ichor.provision.record import load_node

if __name__ == "__main__":
    make_node(load_node(Path(sys.argv[1])))
