"""A control plane goes by its own will: reset or told to leave etcd, it is missed by nobody."""

import asyncio
import time

import msgspec
import pytest
from google.protobuf.empty_pb2 import Empty
from tests.ha import living
from tests.ha.living import Living, Writer, host_writer, launches, until
from tests.ha.test_survival import BACK_S, all_well, nothing_is_lost

from ichor.client.machine import Node as Called
from ichor.client.machine import secure
from ichor.config.versions import image
from ichor.errors import NotFound
from ichor.formats.jsonvalue import Object, at, text
from ichor.ports.kube import Kind, Ref
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.life import State
from ichor.provision.record import Node
from ichor.resources.cluster.affiliate import Member

pytestmark = [pytest.mark.cluster, pytest.mark.root]
LONGEST_PAUSE_S = 10.0
POD = Kind("v1", "Pod")
DOOMED = Ref(POD, "doomed", "default")


async def called(cluster: Living, node: Node, name: str, request: object, reply: type) -> object:
    """Call a method of the machine API on a node, and nothing but that node."""
    endpoint = f"127.0.0.1:{node.forward('api')}"
    alone = msgspec.structs.replace(cluster.context, nodes=())
    async with secure(alone, endpoints=[endpoint]) as connection:
        one: Called = connection.nodes[0]
        return await one.call(name, request, reply, timeout_s=180)  # type: ignore[arg-type]


def ask(cluster: Living, node: Node, name: str, request: object, reply: type) -> object:
    return asyncio.run(called(cluster, node, name, request, reply))


def leads(cluster: Living) -> Node:
    """Give the control plane whose member leads etcd."""
    for node in cluster.planes:
        answer = ask(cluster, node, "EtcdStatus", Empty(), pb.EtcdStatusResponse)
        assert isinstance(answer, pb.EtcdStatusResponse)
        status = answer.messages[0].member_status
        if status.leader == status.member_id:
            return node
    raise AssertionError("nobody leads")


def member_ids(cluster: Living, node: Node) -> dict[str, int]:
    found = asyncio.run(living.members(cluster, node))
    assert not [name for name, (_, is_learner) in found.items() if is_learner]
    return {name: id for name, (id, _) in found.items()}


def state(node: Node) -> State:
    return control.call(record.node_directory(node.cluster, node.name), Verb.STATUS).state


async def kubernetes(cluster: Living, ref: Ref) -> Object | None:
    """Get an object through whichever API server answers."""
    for origin in cluster.forwarders():
        client = cluster.through(origin)
        try:
            return await client.get(ref)
        except NotFound:
            return None
        except living.AWAY:
            continue
        finally:
            await client.close()
    raise AssertionError("no API server answers")


def bound_pod(node: Node) -> Object:
    """Make a pod that nobody makes again, on that node whatever the scheduler thinks."""
    restricted: Object = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container: Object = {
        "name": "doomed",
        "image": image("testtool"),
        "args": ["serve"],
        "securityContext": restricted,
    }
    return {
        "apiVersion": POD.api_version,
        "kind": POD.kind,
        "metadata": {"name": DOOMED.name, "namespace": DOOMED.namespace},
        "spec": {
            "nodeName": node.name,
            "terminationGracePeriodSeconds": 1,
            "tolerations": [{"operator": "Exists"}],
            "containers": [container],
        },
    }


def run_a_pod(cluster: Living, node: Node) -> None:
    async def create() -> None:
        client = cluster.through(cluster.forwarders()[0])
        try:
            await client.create(bound_pod(node))
        finally:
            await client.close()

    async def runs() -> str:
        phase = text(await kubernetes(cluster, DOOMED) or {}, "status", "phase")
        return "" if phase == "Running" else f"the pod is {phase}"

    asyncio.run(create())
    until(runs, BACK_S)


def start(node: Node) -> None:
    control.call(record.node_directory(node.cluster, node.name), Verb.START)


def test_a_reset_control_plane_leaves_nothing_and_joins_anew(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = leads(cluster)
    other = next(one for one in cluster.planes if one is not node)
    before = member_ids(cluster, other)
    run_a_pod(cluster, node)
    writer = host_writer(cluster, "reset")
    request = pb.ResetRequest(graceful=True)

    async def is_off() -> str:
        return "" if state(node) is State.STOPPED else f"{node.name} is {state(node).value}"

    with living.writing(writer):
        moment = time.monotonic()
        ask(cluster, node, "Reset", request, pb.ResetResponse)
        gone = until(is_off, BACK_S)
        left = member_ids(cluster, other)
        assert asyncio.run(kubernetes(cluster, DOOMED)) is None
        cordoned = asyncio.run(kubernetes(cluster, Ref(living.NODE, node.name)))
        assert at(cordoned or {}, "spec", "unschedulable") is True
        until(lambda: forgotten(cluster, other, node), BACK_S)
        wall = time.time()
        start(node)
        back = until(all_well(cluster, since=wall), BACK_S)
        until(lambda: schedulable(cluster, node), BACK_S)
        pause = writer.pause_after(moment)
    after = member_ids(cluster, other)
    print(
        f"off after {gone:.1f} s, whole again {back:.1f} s, longest pause of writes {pause:.1f} s"
    )
    assert left == {name: id for name, id in before.items() if name != node.name}
    assert after.keys() == before.keys()
    assert after[node.name] != before[node.name]
    assert pause < LONGEST_PAUSE_S
    nothing_is_lost(cluster, writer)


async def forgotten(cluster: Living, by: Node, node: Node) -> str:
    """Say that a node is still a member for another: one that is reset takes back what it said."""
    known = await living.resources(cluster, by, Member)
    return f"{by.name} still knows {node.name}" if node.name in known else ""


async def schedulable(cluster: Living, node: Node) -> str:
    found = await kubernetes(cluster, Ref(living.NODE, node.name)) or {}
    return f"{node.name} is cordoned" if at(found, "spec", "unschedulable") is True else ""


def test_a_member_leaves_when_told_to_and_is_back_after_a_reboot(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = leads(cluster)
    other = next(one for one in cluster.planes if one is not node)
    before = member_ids(cluster, other)
    writer = Writer(
        cluster, "left", [one for one in cluster.forwarders() if one.port != port(node)]
    )
    with living.writing(writer):
        moment = time.monotonic()
        request = pb.EtcdLeaveClusterRequest()
        ask(cluster, node, "EtcdLeaveCluster", request, pb.EtcdLeaveClusterResponse)
        left, processes = member_ids(cluster, other), living.pids(node, "etcd")
        number, wall = launches(node), time.time()
        ask(cluster, node, "Reboot", pb.RebootRequest(), pb.RebootResponse)

        async def rebooted() -> str:
            return "" if launches(node) > number else f"{node.name} is to boot again"

        until(rebooted, BACK_S)
        back = until(all_well(cluster, since=wall), BACK_S)
        pause = writer.pause_after(moment)
    print(f"a voter again {back:.1f} s after its boot, longest pause of writes {pause:.1f} s")
    assert left == {name: id for name, id in before.items() if name != node.name}
    assert processes == []
    assert member_ids(cluster, other)[node.name] != before[node.name]
    assert pause < LONGEST_PAUSE_S
    nothing_is_lost(cluster, writer)


def port(node: Node) -> int:
    return node.forward("kubernetes")


def test_leadership_is_handed_on_when_asked_for(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = leads(cluster)
    request = pb.EtcdForfeitLeadershipRequest()
    reply = ask(cluster, node, "EtcdForfeitLeadership", request, pb.EtcdForfeitLeadershipResponse)
    assert isinstance(reply, pb.EtcdForfeitLeadershipResponse)
    assert reply.messages[0].member not in {"", node.name}
