"""A discovery service for one cluster, on the hub's address, where all of its nodes reach it.

    with network_namespace(hub): ichor discovery serve --listen <gateway>:3000

The caller keeps the process and ends it with SIGTERM; the service remembers nothing that nodes
would not tell it again. Nodes are told of it by `endpoint`, as a DiscoveryServiceConfig.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

import ichor
from ichor.provision import name as names
from ichor.provision.record import Cluster
from ichor.provision.syscalls import network_namespace

PORT: Final = 3000
_PROGRAM: Final = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"


def endpoint(cluster: Cluster) -> str:
    return f"http://{cluster.gateway}:{PORT}"


def start(cluster: Cluster, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the service of a cluster whose hub is there; log: what it writes to stderr."""
    with network_namespace(names.hub(cluster.name)):
        return subprocess.Popen(
            command(cluster),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(ichor.__file__).resolve().parents[1])},
        )


def command(cluster: Cluster) -> list[str]:
    listen = f"{cluster.gateway}:{PORT}"
    return [sys.executable, "-P", "-c", _PROGRAM, "discovery", "serve", "--listen", listen]
