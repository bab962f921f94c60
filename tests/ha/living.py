"""A cluster that `ichor cluster create` made, a writer that never rests, and ways to do it harm."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from ichor.cli import cluster_health as health
from ichor.cli.cluster_machine import machine
from ichor.client import talosconfig
from ichor.client.machine import secure
from ichor.client.state import StateClient
from ichor.client.talosconfig import Context
from ichor.cosi.resource import Spec
from ichor.errors import Conflict, IchorError
from ichor.formats.jsonvalue import Object, text
from ichor.peers import kubeconfig
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access, KubeClient
from ichor.ports.kube import Kind, Ref, Select
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import control, record
from ichor.provision import name as names
from ichor.provision.control import Verb
from ichor.provision.record import Cluster, Node
from ichor.provision.syscalls import network_namespace
from ichor.rpc.status import RpcError

CONFIG_MAP, NODE, LEASE = (
    Kind("v1", "ConfigMap"),
    Kind("v1", "Node"),
    Kind("coordination.k8s.io/v1", "Lease"),
)
KUBEPRISM = Origin(host="127.0.0.1", port=7445)
PLANE, WORKER = "controlplane", "worker"
AWAY = (IchorError, OSError)  # what a client raises while an API server is away


@dataclass
class Living:
    """A cluster that is up. context: of its administrator; access: to Kubernetes."""

    cluster: Cluster
    context: Context
    access: Access

    @property
    def planes(self) -> list[Node]:
        return [node for node in self.cluster.nodes if node.role == PLANE]

    @property
    def worker(self) -> Node:
        return next(node for node in self.cluster.nodes if node.role == WORKER)

    def through(self, origin: Origin) -> KubeClient:
        return KubeClient(msgspec.structs.replace(self.access, origin=origin), timeout_s=5)

    def forwarders(self) -> list[Origin]:
        return [Origin(host="127.0.0.1", port=node.forward("kubernetes")) for node in self.planes]


def load(name: str) -> Living:
    """Read what the creator left for the user."""
    directory = record.cluster_directory(name)
    config = talosconfig.load(directory / "talosconfig")
    found = kubeconfig.access((directory / "kubeconfig").read_text())
    return Living(record.load(name), config.current(), found)


@dataclass
class Writer:
    """Writes ConfigMaps one after the other; acknowledged: names and when, monotonic seconds."""

    living: Living
    prefix: str
    origins: list[Origin]
    inside: Path | None = None
    acknowledged: list[tuple[str, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _said: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with network_namespace(self.inside) if self.inside else nullcontext():
            asyncio.run(self._write())

    async def _write(self) -> None:
        turn, number = 0, 0
        client = self.living.through(self.origins[0])
        while not self._over.is_set():
            name = f"{self.prefix}-{number}"
            try:
                with suppress(Conflict):  # written before, the answer was lost on its way
                    await client.create(config_map(name))
            except (IchorError, OSError) as err:
                self.errors.append(f"{time.monotonic():.1f} {err}")
                await client.close()
                turn += 1
                client = self.living.through(self.origins[turn % len(self.origins)])
            else:
                self.acknowledged.append((name, time.monotonic()))
                self._said.set()
                number += 1
            await asyncio.sleep(0.1)
        await client.close()

    def hear(self, limit_s: float) -> bool:
        """Wait for the next acknowledgement; False if none comes."""
        self._said.clear()
        return self._said.wait(limit_s)

    def stop(self) -> None:
        self._over.set()

    def pause_after(self, moment: float) -> float:
        """Give the longest time without an acknowledgement since a moment, in seconds."""
        times = [moment, *(at for _, at in self.acknowledged if at > moment), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(times))


def config_map(name: str) -> Object:
    return {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.kind,
        "metadata": {"name": name, "namespace": "default"},
        "data": {"name": name},
    }


_FIRST_S = 30.0  # no write may take longer, whatever died


@contextmanager
def writing(*writers: Writer) -> Generator[None]:
    """Write meanwhile: from the first acknowledgement on, and until one after the body."""
    threads = [threading.Thread(target=writer.run, name=writer.prefix) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        assert all(writer.hear(_FIRST_S) for writer in writers), "no write went through"
        yield
        assert all(writer.hear(_FIRST_S) for writer in writers), "writes do not go on"
    finally:
        for writer in writers:
            writer.stop()
        for thread in threads:
            thread.join(timeout=30)


def host_writer(living: Living, prefix: str) -> Writer:
    """Write as a user of this host, through whichever forwarder answers."""
    return Writer(living, prefix, living.forwarders())


def worker_writer(living: Living, prefix: str) -> Writer:
    """Write as a client on the worker, through its KubePrism."""
    where = names.namespace(living.cluster.name, living.worker.name)
    return Writer(living, prefix, [KUBEPRISM], inside=where)


def lost(living: Living, writer: Writer) -> list[str]:
    """Give what was acknowledged and is not there."""

    async def listed() -> set[str]:
        for origin in living.forwarders():
            client = living.through(origin)
            try:
                found = await client.list(CONFIG_MAP, Select(namespace="default"))
            except (IchorError, OSError):
                continue
            finally:
                await client.close()
            return {key.name for key in found.items}
        raise AssertionError("no API server answers")

    there = asyncio.run(listed())
    return [name for name, _ in writer.acknowledged if name not in there]


async def well(living: Living, node: Node, since: float = 0) -> str:
    """Say what a node lacks: services, a heartbeat since a moment, etcd, its API server."""
    async with machine(living.context, node) as called:
        services = await called.services()
    if reason := health.troubled(services):
        return f"{node.name}: {reason}"
    if reason := await heartbeat(living, node, since):
        return reason
    return await plane_well(living, node) if node.role == PLANE else ""


async def heartbeat(living: Living, node: Node, since: float) -> str:
    for origin in living.forwarders():
        client = living.through(origin)
        try:
            lease = await client.get(Ref(LEASE, node.name, "kube-node-lease"))
        except (IchorError, OSError):
            continue
        finally:
            await client.close()
        renewed = datetime.fromisoformat(text(lease, "spec", "renewTime")).timestamp()
        return "" if renewed > since else f"{node.name} has not renewed its lease"
    return "no API server answers"


async def plane_well(living: Living, node: Node) -> str:
    client = living.through(Origin(host="127.0.0.1", port=node.forward("kubernetes")))
    try:
        if not await client.ready():
            return f"{node.name}: its API server is not ready"
    finally:
        await client.close()
    found = await members(living, node)
    voters = [name for name, (_, is_learner) in found.items() if not is_learner]
    return "" if len(voters) == len(living.planes) else f"etcd has voters {voters}"


async def members(living: Living, node: Node) -> dict[str, tuple[int, bool]]:
    """Give etcd's members as a node sees them: id and whether it is a learner, by name."""
    endpoint = f"127.0.0.1:{node.forward('api')}"
    alone = msgspec.structs.replace(living.context, nodes=())
    async with secure(alone, endpoints=[endpoint]) as connection:
        reply = await connection.nodes[0].call(
            "EtcdMemberList", pb.EtcdMemberListRequest(), pb.EtcdMemberListResponse, timeout_s=5
        )
    return {m.hostname: (m.id, m.is_learner) for one in reply.messages for m in one.members}


async def resources(cluster: Living, node: Node, kind: type[Spec]) -> dict[str, Spec]:
    alone = msgspec.structs.replace(cluster.context, nodes=())
    endpoint = f"127.0.0.1:{node.forward('api')}"
    async with secure(alone, endpoints=[endpoint]) as connection:
        found = await StateClient(connection.nodes[0].channel).list(kind)
        return {one.id: one.spec for one in found}


def until(holds: Callable[[], Awaitable[str]], seconds: float, every: float = 0.2) -> float:
    """Ask until the answer is empty; give how long that took. Raises TimeoutError with it."""

    async def ask() -> float:
        begin = time.monotonic()
        while reason := await answer(holds):
            if time.monotonic() - begin > seconds:
                raise TimeoutError(f"after {seconds:.0f} s: {reason}")
            await asyncio.sleep(every)
        return time.monotonic() - begin

    return asyncio.run(ask())


async def answer(holds: Callable[[], Awaitable[str]]) -> str:
    try:
        async with asyncio.timeout(10):
            return await holds()
    except (IchorError, OSError, RpcError, TimeoutError) as err:
        return str(err) or type(err).__name__


def init_of(node: Node) -> int:
    return control.call(record.node_directory(node.cluster, node.name), Verb.STATUS).pid


def launches(node: Node) -> int:
    return control.call(record.node_directory(node.cluster, node.name), Verb.STATUS).launches


def pids(node: Node, service: str) -> list[int]:
    """Find the host's pids of a service of a node by its group and its name."""
    group = f"{names.cgroup(node.cluster)}/{node.name}"
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program = (entry / "cmdline").read_bytes().partition(b"\0")[0].decode().strip()
            is_ours = f"/{group}" in (entry / "cgroup").read_text()
            if is_ours and program.rpartition("/")[2] == service:
                found.append(int(entry.name))
    return sorted(found)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
