"""Containers: services of ours in the namespace `system`, pods in `k8s.io`; Restart and Stats.

The runtime labels what belongs to pods:

    io.cri-containerd.kind   sandbox or container
    io.kubernetes.*          the pod's namespace, name and uid, the container's name
"""

from collections.abc import AsyncIterator, Callable, Mapping
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from ichor.api.machine.table import unary
from ichor.errors import InputError, NotFound
from ichor.ports.containers import Containers, Running
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

SYSTEM, KUBERNETES = "system", "k8s.io"
_KIND = "io.cri-containerd.kind"
_POD, _NAMESPACE = "io.kubernetes.pod.name", "io.kubernetes.pod.namespace"
_UID, _NAME = "io.kubernetes.pod.uid", "io.kubernetes.container.name"
_SHORT = 12
_SIGTERM = 15


class Usage(Struct, frozen=True, kw_only=True):
    """memory in bytes, cpu in nanoseconds since its start."""

    memory: int
    cpu: int


class ContainerService:
    """namespaces: the runtime's containers by namespace. usage: of the group of a process.

    network: the name of the network namespace of a process.
    """

    def __init__(
        self,
        namespaces: Mapping[str, Containers],
        usage: Callable[[int], Usage | None],
        network: Callable[[int], str],
    ) -> None:
        self._namespaces = namespaces
        self._usage = usage
        self._network = network

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("Containers", pb.ContainersRequest, pb.ContainersResponse, self.containers),
            **unary("Stats", pb.StatsRequest, pb.StatsResponse, self.stats),
            **unary("Restart", pb.RestartRequest, pb.RestartResponse, self.restart),
        }

    async def containers(
        self, request: pb.ContainersRequest, context: Context
    ) -> pb.ContainersResponse:
        found: list[pb.ContainerInfo] = []
        async for one in self._list(request.namespace):
            shown = info(request.namespace, one)
            shown.network_namespace = self._network(one.pid) if one.pid else ""
            found.append(shown)
        found.sort(key=lambda one: one.id)
        return pb.ContainersResponse(messages=[pb.Container(containers=found)])

    async def stats(self, request: pb.StatsRequest, context: Context) -> pb.StatsResponse:
        found: list[pb.Stat] = []
        async for one in self._list(request.namespace):
            usage = self._usage(one.pid) if one.pid else None
            if usage is not None:
                shown = info(request.namespace, one)
                found.append(
                    pb.Stat(
                        namespace=shown.namespace,
                        id=shown.id,
                        memory_usage=usage.memory,
                        cpu_usage=usage.cpu,
                        pod_id=shown.pod_id,
                        name=shown.name,
                    )
                )
        by_id = sorted(found, key=attrgetter("id"))
        return pb.StatsResponse(messages=[pb.Stats(stats=by_id)])

    async def restart(self, request: pb.RestartRequest, context: Context) -> pb.RestartResponse:
        """End a container's processes; whoever keeps it running starts it again."""
        async for one in self._list(request.namespace):
            if request.id in {one.id, info(request.namespace, one).id}:
                await self._namespaces[request.namespace].kill(one.id, _SIGTERM)
                return pb.RestartResponse(messages=[pb.Restart()])
        raise NotFound(f"no container {request.id!r} in {request.namespace!r}")

    async def _list(self, namespace: str) -> AsyncIterator[Running]:
        if namespace not in self._namespaces:
            known = ", ".join(sorted(self._namespaces))
            raise InputError(f"namespace {namespace!r}: expected one of {known}")
        for one in await self._namespaces[namespace].list():
            yield one


def info(namespace: str, one: Running) -> pb.ContainerInfo:
    """Show a container; one of a pod goes by the pod's name and a short id."""
    shown = pb.ContainerInfo(
        namespace=namespace,
        id=one.id,
        image=one.image,
        pid=one.pid,
        status=one.status,
        name=one.id,
    )
    pod = one.labels.get(_POD)
    if pod is None:
        return shown
    shown.pod_id = f"{one.labels.get(_NAMESPACE, '')}/{pod}"
    shown.uid = one.labels.get(_UID, "")
    shown.internal_id = one.id
    if one.labels.get(_KIND) == "sandbox":
        shown.id = shown.name = shown.pod_id
    else:
        shown.name = one.labels.get(_NAME, one.id)
        shown.id = f"{shown.pod_id}:{shown.name}:{one.id[:_SHORT]}"
    return shown


def network_of(pid: int, proc: Path = Path("/proc"), names: Path = Path("/run/netns")) -> str:
    """Name the network namespace of a process; empty for the node's own, and for one that ended."""
    try:
        wanted = (proc / str(pid) / "ns/net").stat().st_ino
        return next((one.name for one in names.iterdir() if one.stat().st_ino == wanted), "")
    except OSError:
        return ""


def usage_of(
    pid: int, proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")
) -> Usage | None:
    """Read what the group of a process uses, on either version of cgroups; None if gone."""
    try:
        rows = (proc / str(pid) / "cgroup").read_text().splitlines()
        paths = {name: path for _, name, path in (row.split(":", 2) for row in rows)}
        if "memory" in paths:
            memory = groups / "memory" / paths["memory"].lstrip("/") / "memory.usage_in_bytes"
            cpu = next(paths[name] for name in paths if "cpuacct" in name.split(","))
            spent = groups / "cpuacct" / cpu.lstrip("/") / "cpuacct.usage"
            return Usage(memory=int(memory.read_text()), cpu=int(spent.read_text()))
        group = groups / paths[""].lstrip("/")
        spent_us = dict(row.split() for row in (group / "cpu.stat").read_text().splitlines())
        current = int((group / "memory.current").read_text())
        return Usage(memory=current, cpu=int(spent_us["usage_usec"]) * 1000)
    except (OSError, ValueError, KeyError, StopIteration):
        return None
