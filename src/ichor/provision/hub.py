"""What a cluster's nodes find at the hub's address: one small host process a cluster.

    python -m ichor.provision.hub <directory of the cluster>

    <gateway>:6443, :50001   the Kubernetes API and trustd of whichever control plane answers
    <gateway>:3000           the discovery service, a child that is started again when it ends
    <gateway>:67             addresses for virtual machines, by DHCP
    <gateway>:8080           what they boot from, where that is the network

It lives in the hub's network namespace and in the cluster's cgroup `hub`, by which `destroy` finds
it and its child. It keeps nothing: killed, `ichor cluster start` starts it anew.
"""

import asyncio
import fcntl
import logging
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import ichor
from ichor.errors import IchorError, TransientError
from ichor.linux.libc import CLONE_NEWNET, die_with_parent, setns
from ichor.log import LineFormatter, fields, logger
from ichor.provision import cgroup, discovery, leases, netboot
from ichor.provision import name as names
from ichor.provision.balance import Backends, Balancer
from ichor.provision.provisioner import KUBERNETES_PORT, TRUST_PORT
from ichor.provision.record import Cluster, cluster_directory, load

log = logger(__name__)
MODULE = "ichor.provision.hub"
CGROUP = "hub"
_PATIENCE_S = 30.0
_PAUSE_S = 1.0


def spawn(cluster: Cluster) -> None:
    """Start the hub's process unless it runs; returns once it listens. Raises TransientError."""
    directory = cluster_directory(cluster.name)
    if is_running(directory):
        return
    environment = {**os.environ, "PYTHONPATH": str(Path(ichor.__file__).parents[1])}
    argv = [sys.executable, "-m", MODULE, str(directory)]
    told, tell = os.pipe()
    with (directory / "hub.log").open("ab") as output:
        process = subprocess.Popen(
            [*argv, str(tell)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            pass_fds=(tell,),
            start_new_session=True,
        )
    os.close(tell)
    said = _hear(told)
    if said != "ok":
        process.kill()
        process.wait()
        raise TransientError(f"no hub for {cluster.name}: {said or directory / 'hub.log'}")
    process.returncode = 0  # it outlives us: no warning that it was not waited for


def _hear(told: int) -> str:
    import select

    with os.fdopen(told, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], _PATIENCE_S)
        return pipe.read().decode(errors="replace") if ready else "it does not answer"


def is_running(directory: Path) -> bool:
    try:
        fd = os.open(directory / "hub.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


async def serve(cluster: Cluster, ready: int) -> None:
    """Serve until SIGTERM; ready: where "ok" is written once all but discovery is there."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    planes = [node.address for node in cluster.nodes if node.role == "controlplane"]
    async with AsyncExitStack() as stack:
        for port in (KUBERNETES_PORT, TRUST_PORT):
            await Balancer(cluster.gateway, port, Backends(planes)).start(stack)
        if cluster.has_machines:
            await leases.serve(cluster, stack)
        if netboot.folder_of(cluster):
            await netboot.serve(cluster, stack)
        keeping = loop.create_task(keep(discovery.command(cluster)))
        stack.callback(keeping.cancel)
        os.write(ready, b"ok")
        os.close(ready)
        await over.wait()


async def keep(argv: list[str]) -> None:
    """Run a program for ever; it ends with us."""
    while True:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        status = await process.wait()
        log.warning("the discovery service ended", extra=fields(status=status))
        await asyncio.sleep(_PAUSE_S)


def main(argv: list[str]) -> int:
    directory, ready = Path(argv[1]), int(argv[2])
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    lock = os.open(directory / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        cluster = load(directory.name)
        cgroup.enter(cgroup.create(cgroup.hierarchies(), names.cgroup(cluster.name), CGROUP))
        hub = os.open(names.hub(cluster.name), os.O_RDONLY | os.O_CLOEXEC)
        setns(hub, CLONE_NEWNET)
        os.close(hub)
        asyncio.run(serve(cluster, ready))
    except (OSError, IchorError) as err:
        os.write(ready, str(err).encode()[:4096])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
