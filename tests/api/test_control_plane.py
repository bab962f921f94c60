import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from tests.api.serving import CLOCK, memory, refused, serving

from ichor.api import health, inspection, time
from ichor.api.health import HealthService
from ichor.api.health_checks import Check, NotYet, Reader
from ichor.api.machine.bootstrap import BootstrapService
from ichor.api.machine.etcd import EtcdService
from ichor.api.machine_type import of_control_plane
from ichor.cosi.memory import Memory
from ichor.cosi.resource import resource
from ichor.cosi.state import find
from ichor.formats.jsonvalue import Object
from ichor.peers.etcd_local import connector
from ichor.ports.etcd import Alarm, Etcd, Member, Status
from ichor.ports.kube import EVERYTHING, Key, Kind, Listing, Select
from ichor.proto.cluster import cluster_pb2
from ichor.proto.common import common_pb2
from ichor.proto.inspect import inspect_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.proto.time import time_pb2
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.etcd.bootstrap import ID, EtcdBootstrap
from ichor.resources.runtime.installation import ID as INSTALLATION_ID
from ichor.resources.runtime.installation import BootMedium
from ichor.resources.runtime.service_status import HealthStatus
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError


def of_type(kind: MachineKind | None) -> Memory:
    state = memory()
    if kind is not None:
        state.create(resource(MachineType(type=kind), "machine-type"))
    return state


# -- methods of control planes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (None, "machine type is not set, cannot use EtcdStatus API"),
        (MachineKind.WORKER, "is only available on control plane nodes"),
    ],
)
def test_a_method_of_control_planes_is_not_there_elsewhere(
    tmp_path: Path, kind: MachineKind | None, words: str
) -> None:
    handlers = EtcdService(connector(tmp_path)).handlers()

    async def run() -> None:
        async with serving(tmp_path, handlers, [of_control_plane(of_type(kind))]) as node:
            await node.call("EtcdStatus", Empty(), pb.EtcdStatusResponse)

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.UNIMPLEMENTED, words)


def test_a_control_plane_without_etcd_says_so(tmp_path: Path) -> None:
    handlers = EtcdService(connector(tmp_path)).handlers()
    check = of_control_plane(of_type(MachineKind.CONTROLPLANE))

    async def run() -> None:
        async with serving(tmp_path, handlers, [check]) as node:
            await node.call("EtcdStatus", Empty(), pb.EtcdStatusResponse)

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.FAILED_PRECONDITION, "not set up")


# -- etcd ------------------------------------------------------------------------------------------


class FakeEtcd:
    def __init__(self) -> None:
        self.list = [
            Member(id=1, name="a", peer_urls=("p1",), client_urls=("https://10.0.0.2:2379",)),
            Member(id=2, name="b", peer_urls=("p2",), client_urls=("https://10.0.0.3:2379",)),
        ]
        self.leader = 1
        self.raised = [Alarm(1, "NOSPACE")]

    async def members(self) -> tuple[Member, ...]:
        return tuple(self.list)

    async def add_learner(self, peer_urls: tuple[str, ...]) -> Member:
        raise NotImplementedError

    async def promote(self, member_id: int) -> None:
        raise NotImplementedError

    async def remove(self, member_id: int) -> None:
        self.list = [one for one in self.list if one.id != member_id]

    async def move_leader(self, member_id: int) -> None:
        self.leader = member_id

    async def status(self) -> Status:
        return Status(
            member_id=1,
            version="3.7.0",
            storage_version="3.7.0",
            db_size=100,
            db_size_in_use=50,
            leader=self.leader,
            raft_index=9,
            raft_term=2,
            raft_applied_index=9,
            is_learner=False,
        )

    async def alarms(self) -> tuple[Alarm, ...]:
        return tuple(self.raised)

    async def disarm(self, alarm: Alarm) -> None:
        self.raised.remove(alarm)

    async def defragment(self) -> None:
        return

    async def snapshot(self) -> AsyncIterator[bytes]:
        yield b"x" * 100_000

    async def get(self, key: bytes, *, serializable: bool = False) -> None:
        raise NotImplementedError

    async def put(self, key: bytes, value: bytes) -> int:
        raise NotImplementedError

    async def put_if(self, key: bytes, value: bytes, *, mod_revision: int) -> bool:
        raise NotImplementedError

    @asynccontextmanager
    async def lock(self, name: bytes, *, ttl_s: int = 30) -> AsyncGenerator[bytes, None]:
        yield b""


def etcd_service(etcd: FakeEtcd) -> EtcdService:
    @asynccontextmanager
    async def connect() -> AsyncGenerator[Etcd, None]:
        yield etcd

    return EtcdService(connect)


def etcd_call(tmp_path: Path, etcd: FakeEtcd, name: str, request: Message) -> Message:
    async def run() -> Message:
        async with serving(tmp_path, etcd_service(etcd).handlers()) as node:
            reply: type[Message] = getattr(pb, f"{name}Response")
            return await node.call(name, request, reply)

    return asyncio.run(run())


def test_members_and_status_are_told(tmp_path: Path) -> None:
    etcd = FakeEtcd()
    members = etcd_call(tmp_path, etcd, "EtcdMemberList", pb.EtcdMemberListRequest())
    assert isinstance(members, pb.EtcdMemberListResponse)
    assert [one.hostname for one in members.messages[0].members] == ["a", "b"]
    status = etcd_call(tmp_path, etcd, "EtcdStatus", Empty())
    assert isinstance(status, pb.EtcdStatusResponse)
    assert status.messages[0].member_status.db_size_in_use == 50


def test_leadership_goes_to_another_member(tmp_path: Path) -> None:
    etcd = FakeEtcd()
    request = pb.EtcdForfeitLeadershipRequest()
    moved = etcd_call(tmp_path, etcd, "EtcdForfeitLeadership", request)
    assert isinstance(moved, pb.EtcdForfeitLeadershipResponse)
    assert (moved.messages[0].member, etcd.leader) == ("b", 2)
    kept = etcd_call(tmp_path, etcd, "EtcdForfeitLeadership", request)
    assert isinstance(kept, pb.EtcdForfeitLeadershipResponse)
    assert kept.messages[0].member == ""


def test_alarms_are_cleared_and_told_a_last_time(tmp_path: Path) -> None:
    etcd = FakeEtcd()
    cleared = etcd_call(tmp_path, etcd, "EtcdAlarmDisarm", Empty())
    assert isinstance(cleared, pb.EtcdAlarmDisarmResponse)
    assert cleared.messages[0].member_alarms[0].alarm == pb.EtcdMemberAlarm.NOSPACE
    assert etcd.raised == []


def test_a_member_is_removed_by_its_id_or_not_found(tmp_path: Path) -> None:
    etcd = FakeEtcd()
    etcd_call(tmp_path, etcd, "EtcdRemoveMemberByID", pb.EtcdRemoveMemberByIDRequest(member_id=2))
    assert [one.id for one in etcd.list] == [1]
    request = pb.EtcdRemoveMemberByIDRequest(member_id=9)
    with pytest.raises(RpcError) as caught:
        etcd_call(tmp_path, etcd, "EtcdRemoveMemberByID", request)
    refused(caught.value, Code.NOT_FOUND)


def test_a_snapshot_comes_in_pieces(tmp_path: Path) -> None:
    async def run() -> list[int]:
        async with serving(tmp_path, etcd_service(FakeEtcd()).handlers()) as node:
            stream = node.stream("EtcdSnapshot", pb.EtcdSnapshotRequest(), common_pb2.Data)
            return [len(one.bytes) async for one in stream]

    sizes = asyncio.run(run())
    assert (sum(sizes), max(sizes)) == (100_000, 32 * 1024)


# -- bootstrap -------------------------------------------------------------------------------------


def test_a_snapshot_that_is_uploaded_is_kept(tmp_path: Path) -> None:
    service = BootstrapService(memory(), tmp_path / "etcd", tmp_path / "snapshot")
    found = method(pb, "MachineService", "EtcdRecover", common_pb2.Data, pb.EtcdRecoverResponse)

    async def run() -> None:
        async with serving(tmp_path, service.handlers()) as node, node.open(found) as stream:
            for piece in (b"ab", b"cd"):
                await stream.send(common_pb2.Data(bytes=piece))
            await stream.done()
            await stream.receive()

    asyncio.run(run())
    assert (tmp_path / "snapshot").read_bytes() == b"abcd"
    assert not (tmp_path / "snapshot.part").exists()


def test_bootstrap_without_a_ca_of_etcd_is_refused(tmp_path: Path) -> None:
    state = memory()
    service = BootstrapService(state, tmp_path / "etcd", tmp_path / "snapshot")

    async def run() -> None:
        async with serving(tmp_path, service.handlers()) as node:
            await node.call("Bootstrap", pb.BootstrapRequest(), pb.BootstrapResponse)

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.FAILED_PRECONDITION, "CA")
    assert find(state, EtcdBootstrap, ID) is None


def test_bootstrap_on_a_boot_medium_would_be_lost_and_is_refused(tmp_path: Path) -> None:
    state = memory()
    state.create(resource(BootMedium(image="x"), INSTALLATION_ID))
    service = BootstrapService(state, tmp_path / "etcd", tmp_path / "snapshot")

    async def run() -> None:
        async with serving(tmp_path, service.handlers()) as node:
            await node.call("Bootstrap", pb.BootstrapRequest(), pb.BootstrapResponse)

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.FAILED_PRECONDITION, "not installed yet")


# -- health ----------------------------------------------------------------------------------------


def item(kind: str, name: str, **more: object) -> Object:
    made: dict[str, object] = {"kind": kind, "metadata": {"name": name}, **more}
    return made  # type: ignore[return-value]


READY = {"conditions": [{"type": "Ready", "status": "True"}]}


class FakeKube:
    """Objects by kind; what is not there is an empty list."""

    def __init__(self, objects: Mapping[str, tuple[Object, ...]]) -> None:
        self.objects = objects

    async def list(self, kind: Kind, select: Select = EVERYTHING) -> Listing:
        found = self.objects.get(kind.kind, ())
        items = {Key("", str(number)): one for number, one in enumerate(found)}
        return Listing(items=items, resource_version="1")


def cluster() -> Mapping[str, tuple[Object, ...]]:
    node: dict[str, object] = {
        "metadata": {"name": "n1", "labels": {"node-role.kubernetes.io/control-plane": ""}},
        "status": {**READY, "addresses": [{"type": "InternalIP", "address": "10.0.0.2"}]},
    }
    parts = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return {
        "Node": (node,),  # type: ignore[dict-item]
        "Pod": tuple(item("Pod", f"{part}-n1", status=READY) for part in parts),
        "Deployment": (item("Deployment", "coredns", spec={"replicas": 2}, status={}),),
    }


def checks(kube: FakeKube, etcd: FakeEtcd, state: Memory) -> dict[str, Check]:
    @asynccontextmanager
    async def reader() -> AsyncGenerator[Reader, None]:
        yield kube

    @asynccontextmanager
    async def member() -> AsyncGenerator[Etcd, None]:
        yield etcd

    from ichor.api.health_checks import Checks, Nodes

    nodes = Nodes(control_planes=("10.0.0.2",), workers=())
    return {one.name: one for one in Checks(state, nodes, member, reader).all()}


def answers(kube: FakeKube, etcd: FakeEtcd, state: Memory) -> dict[str, str]:
    from ichor.api.health_checks import passes

    async def run() -> dict[str, str]:
        found = checks(kube, etcd, state)
        return {name: await passes(one) for name, one in found.items() if "apid" not in name}

    return asyncio.run(run())


def test_there_are_thirteen_checks_and_each_says_what_it_waits_for() -> None:
    found = answers(FakeKube(cluster()), FakeEtcd(), memory())
    assert len(found) == 12
    assert {name: reason for name, reason in found.items() if reason} == {
        "etcd to be healthy": "etcd does not run",
        "etcd members to be control plane nodes": "2 members, 1 control plane nodes",
        "kubelet to be healthy": "kubelet does not run",
        "coredns to report ready": "0 of 2 ready",
    }


def test_an_empty_kubernetes_waits_for_its_nodes() -> None:
    found = answers(FakeKube({}), FakeEtcd(), memory())
    assert found["all k8s nodes to report"] == "not in Kubernetes: 10.0.0.2"


def test_a_pod_that_is_missing_is_named() -> None:
    objects = {**cluster(), "Pod": cluster()["Pod"][:2]}
    found = answers(FakeKube(objects), FakeEtcd(), memory())
    assert found["all control plane static pods to be running"] == "missing: kube-scheduler-n1"


def test_a_service_that_answers_is_healthy() -> None:
    state = memory()
    state.create(resource(HealthStatus(healthy=True, unknown=False), "etcd"))
    state.create(resource(HealthStatus(unknown=False, message="500"), "kubelet"))
    found = answers(FakeKube(cluster()), FakeEtcd(), state)
    assert found["etcd to be healthy"] == ""
    assert found["kubelet to be healthy"] == "500"


def test_waiting_ends_when_the_time_is_over() -> None:
    async def ask() -> None:
        raise NotYet("coffee")

    told: list[str] = []

    async def run() -> None:
        deadline = asyncio.get_running_loop().time()
        async for message in health.until(Check("breakfast", ask), deadline):
            told.append(message)  # noqa: PERF401 - it ends by raising

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.DEADLINE_EXCEEDED, "breakfast", "coffee")
    assert told == ["waiting for breakfast: ...", "waiting for breakfast: coffee"]


@pytest.mark.parametrize(("before", "said"), [("coffee", "coffee"), ("", "no answer in time")])
def test_who_never_answers_does_not_keep_waiting_from_its_end(before: str, said: str) -> None:
    answers = iter([before] if before else [])

    async def ask() -> None:
        if reason := next(answers, ""):
            raise NotYet(reason)
        await asyncio.Event().wait()

    async def run() -> None:
        deadline = asyncio.get_running_loop().time() + 0.6  # the second question is after 0.5 s
        async for _ in health.until(Check("breakfast", ask), deadline):
            pass

    with pytest.raises(RpcError) as caught:
        asyncio.run(run())
    refused(caught.value, Code.DEADLINE_EXCEEDED, "breakfast", said)


def test_the_stream_of_health_names_nodes_and_the_first_thing_missing(tmp_path: Path) -> None:
    @asynccontextmanager
    async def reader() -> AsyncGenerator[Reader, None]:
        yield FakeKube({})

    @asynccontextmanager
    async def member() -> AsyncGenerator[Etcd, None]:
        yield FakeEtcd()

    request = cluster_pb2.HealthCheckRequest()
    request.wait_timeout.FromMilliseconds(1)
    request.cluster_info.control_plane_nodes.append("10.0.0.2")
    told: list[str] = []

    async def run() -> None:
        handlers = HealthService(memory(), member, reader).handlers()
        async with serving(tmp_path, handlers) as node:
            stream = node.stream(
                "HealthCheck",
                request,
                cluster_pb2.HealthCheckProgress,
                module=cluster_pb2,
                service="ClusterService",
            )
            async for one in stream:
                told.append(one.message)  # noqa: PERF401 - it ends by raising

    with pytest.raises(RpcError):
        asyncio.run(run())
    assert told[0].startswith("discovered nodes: ('10.0.0.2',)")
    assert told[-1] == "waiting for etcd to be healthy: etcd does not run"


# -- the small ones --------------------------------------------------------------------------------


def test_time_and_the_graph_are_served(tmp_path: Path) -> None:
    from ichor.controllers.config.current import current

    handlers = {**time.handlers(CLOCK.now), **inspection.handlers(lambda: [current])}

    async def run() -> tuple[Message, Message]:
        async with serving(tmp_path, handlers) as node:
            clock = await node.call(
                "Time", Empty(), time_pb2.TimeResponse, module=time_pb2, service="TimeService"
            )
            graph = await node.call(
                "ControllerRuntimeDependencies",
                Empty(),
                inspect_pb2.ControllerRuntimeDependenciesResponse,
                module=inspect_pb2,
                service="InspectService",
            )
            return clock, graph

    clock, graph = asyncio.run(run())
    assert isinstance(clock, time_pb2.TimeResponse)
    assert clock.messages[0].localtime.ToSeconds() == int(CLOCK.now().timestamp())
    assert isinstance(graph, inspect_pb2.ControllerRuntimeDependenciesResponse)
    edges = [(edge.resource_type, edge.edge_type) for edge in graph.messages[0].edges]
    assert ("MachineConfigs.config.talos.dev", inspect_pb2.OUTPUT_EXCLUSIVE) in edges
