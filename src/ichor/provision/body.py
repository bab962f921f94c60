"""What a keeper keeps: something with a process that can be started, asked to end, cleared away.

A container's process is its init, and the signal that ends it tells why (`life`).
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Protocol

from ichor.errors import TransientError
from ichor.provision import cgroup, launch, life, network, seed
from ichor.provision import name as names
from ichor.provision.life import End
from ichor.provision.record import Node


class Body(Protocol):
    async def start(self) -> int:
        """Give the pid of a child of ours. Raises OSError, TransientError."""
        ...

    def ask(self, pid: int) -> None:
        """Ask it to power off in good order."""
        ...

    def meaning(self, wait_status: int) -> End:
        """Say what the end of its process meant."""
        ...

    async def sweep(self) -> None:
        """Clear away what an ended life has left."""
        ...


async def ended(pid: int) -> int:
    """Wait for a child without a thread or a signal handler; gives its wait status."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    fd = os.pidfd_open(pid)
    loop.add_reader(fd, _settle, done)
    try:
        await done
    finally:
        loop.remove_reader(fd)
        os.close(fd)
    return os.waitpid(pid, 0)[1]  # noqa: ASYNC222 - it has ended: this does not wait


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


class Container:
    def __init__(self, node: Node, directory: Path, terminal: launch.Terminal) -> None:
        self._node = node
        self._directory = directory
        self._terminal = terminal
        self._namespace = names.namespace(node.cluster, node.name)

    async def start(self) -> int:
        if not network.is_made(self._namespace):
            await self._apart("ichor.provision.relink")
        if seed.is_wanted(self._node, self._directory):
            await self._apart("ichor.provision.seed")
        return launch.launch(self._node, self._directory, self._terminal)

    async def _apart(self, module: str) -> None:
        """Run it in a process of its own: what makes links would cost a keeper 20 MB for good."""
        argv = [sys.executable, "-m", module, str(self._directory)]
        pid = os.posix_spawn(sys.executable, argv, os.environ)  # noqa: ASYNC221 - not waited for
        status = await ended(pid)
        if status != 0:
            raise TransientError(f"{module} for {self._node.name}: {life.describe(status)}")

    def ask(self, pid: int) -> None:
        os.kill(pid, signal.SIGTERM)

    def meaning(self, wait_status: int) -> End:
        return life.meaning(wait_status)

    async def sweep(self) -> None:
        """Let the network go and empty the cgroups: the next life starts with fresh ones."""
        network.remove_namespace(self._namespace)
        name = names.cgroup(self._node.cluster)
        tops = [top / self._node.name for top in cgroup.find(name)]
        for _ in range(20):
            if not cgroup.prune(tops, keep_top=True):
                return
            await asyncio.sleep(0.05)  # the dead leave their cgroup a moment after their parent
