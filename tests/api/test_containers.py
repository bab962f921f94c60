import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.serving import refused, serving

from ichor.api.machine.containers import ContainerService, Usage, usage_of
from ichor.formats.ocispec import Container
from ichor.ports.containers import Event, Exit, Running
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import Code, RpcError

POD = {
    "io.kubernetes.pod.name": "dns",
    "io.kubernetes.pod.namespace": "kube-system",
    "io.kubernetes.pod.uid": "u1",
}
SANDBOX = Running(
    id="f" * 64,
    image="pause",
    pid=10,
    status="running",
    labels={**POD, "io.cri-containerd.kind": "sandbox"},
)
INNER = Running(
    id="a" * 64,
    image="coredns",
    pid=11,
    status="running",
    labels={
        **POD,
        "io.cri-containerd.kind": "container",
        "io.kubernetes.container.name": "coredns",
    },
)


class FakeContainers:
    """Lists what it was given, and remembers who was killed."""

    def __init__(self, *running: Running) -> None:
        self.running = running
        self.killed: list[tuple[str, int]] = []

    async def list(self) -> tuple[Running, ...]:
        return self.running

    async def kill(self, container_id: str, signal: int) -> None:
        self.killed.append((container_id, signal))

    async def start(self, container: Container) -> int:
        raise NotImplementedError

    async def wait(self, container_id: str) -> Exit:
        raise NotImplementedError

    async def stop(self, container_id: str, *, grace_s: float) -> Exit | None:
        raise NotImplementedError

    async def remove(self, container_id: str) -> None:
        raise NotImplementedError

    def events(self) -> AsyncIterator[Event]:
        raise NotImplementedError


def service(kubernetes: FakeContainers) -> ContainerService:
    system = FakeContainers(Running(id="etcd", image="etcd:1", pid=5, status="running"))
    namespaces = {"system": system, "k8s.io": kubernetes}
    return ContainerService(
        namespaces, lambda pid: Usage(memory=pid, cpu=2 * pid), lambda pid: f"cni-{pid}"
    )


def listed(tmp_path: Path, namespace: str) -> list[pb.ContainerInfo]:
    async def run() -> list[pb.ContainerInfo]:
        handlers = service(FakeContainers(INNER, SANDBOX)).handlers()
        async with serving(tmp_path, handlers) as node:
            request = pb.ContainersRequest(namespace=namespace)
            answer = await node.call("Containers", request, pb.ContainersResponse)
            return list(answer.messages[0].containers)

    return asyncio.run(run())


def test_services_go_by_their_ids(tmp_path: Path) -> None:
    (found,) = listed(tmp_path, "system")
    assert (found.id, found.image, found.pid, found.status) == ("etcd", "etcd:1", 5, "running")


def test_a_pod_comes_before_its_containers(tmp_path: Path) -> None:
    sandbox, inner = listed(tmp_path, "k8s.io")
    assert (sandbox.id, sandbox.internal_id) == ("kube-system/dns", "f" * 64)
    assert inner.id == f"kube-system/dns:coredns:{'a' * 12}"
    assert sandbox.network_namespace == "cni-10"
    assert (inner.pod_id, inner.name, inner.uid) == ("kube-system/dns", "coredns", "u1")


def test_an_unknown_namespace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        listed(tmp_path, "moby")
    refused(caught.value, Code.INVALID_ARGUMENT, "moby")


def test_use_is_told_per_container(tmp_path: Path) -> None:
    async def run() -> list[tuple[str, int, int]]:
        async with serving(tmp_path, service(FakeContainers()).handlers()) as node:
            request = pb.StatsRequest(namespace="system")
            answer = await node.call("Stats", request, pb.StatsResponse)
            return [(one.id, one.memory_usage, one.cpu_usage) for one in answer.messages[0].stats]

    assert asyncio.run(run()) == [("etcd", 5, 10)]


def test_a_restart_ends_the_container_by_either_name(tmp_path: Path) -> None:
    kubernetes = FakeContainers(SANDBOX, INNER)

    async def run() -> None:
        async with serving(tmp_path, service(kubernetes).handlers()) as node:
            for id in ("a" * 64, f"kube-system/dns:coredns:{'a' * 12}"):
                request = pb.RestartRequest(namespace="k8s.io", id=id)
                await node.call("Restart", request, pb.RestartResponse)
            gone = pb.RestartRequest(namespace="k8s.io", id="none")
            await node.call("Restart", gone, pb.RestartResponse)

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.NOT_FOUND)
    assert kubernetes.killed == [("a" * 64, 15)] * 2


@pytest.mark.parametrize("version", [1, 2])
def test_use_is_read_from_either_version_of_groups(tmp_path: Path, version: int) -> None:
    proc, groups = tmp_path / "proc" / "7", tmp_path / "groups"
    proc.mkdir(parents=True)
    if version == 1:
        (proc / "cgroup").write_text("2:memory:/x\n1:cpu,cpuacct:/y\n0::/\n")
        for path, name, text in (
            ("memory/x", "memory.usage_in_bytes", "100"),
            ("cpuacct/y", "cpuacct.usage", "2000"),
        ):
            (groups / path).mkdir(parents=True)
            (groups / path / name).write_text(text)
    else:
        (proc / "cgroup").write_text("0::/x\n")
        (groups / "x").mkdir(parents=True)
        (groups / "x" / "memory.current").write_text("100\n")
        (groups / "x" / "cpu.stat").write_text("usage_usec 2\nuser_usec 1\n")
    assert usage_of(7, tmp_path / "proc", groups) == Usage(memory=100, cpu=2000)
    assert usage_of(8, tmp_path / "proc", groups) is None
