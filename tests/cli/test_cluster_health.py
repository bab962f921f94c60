"""What a cluster lacks is said in the words of whatever lacks it."""

import pytest

from ichor.cli import cluster_health as health
from ichor.formats.jsonvalue import Object
from ichor.proto.machine import machine_pb2 as pb


def service(
    id: str, state: str, *, healthy: bool = True, said: str = "", event: str = ""
) -> pb.ServiceInfo:
    info = pb.ServiceInfo(
        id=id, state=state, health=pb.ServiceHealth(healthy=healthy, last_message=said)
    )
    if event:
        info.events.events.add(msg=event, state=state)
    return info


def node(name: str, ready: str, message: str = "") -> Object:
    condition = {"type": "Ready", "status": ready, "message": message}
    return {"metadata": {"name": name}, "status": {"conditions": [condition]}}


def pod(name: str, phase: str, ready: str = "True", waiting: str = "") -> Object:
    statuses = [{"state": {"waiting": {"reason": waiting}}}] if waiting else []
    return {
        "metadata": {"name": name},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": statuses,
        },
    }


@pytest.mark.parametrize(
    ("services", "reason"),
    [
        pytest.param([service("etcd", "Running")], "", id="well"),
        pytest.param(
            [service("etcd", "Preparing", event="Waiting")], "etcd Preparing: Waiting", id="event"
        ),
        pytest.param(
            [service("etcd", "Running", healthy=False, said="refused")],
            "etcd unhealthy: refused",
            id="unhealthy",
        ),
        pytest.param(
            [service("containerd", "Starting")], "containerd Starting", id="what-comes-before"
        ),
        pytest.param([service("apid", "Running")], "etcd is not known yet", id="not-there"),
    ],
)
def test_a_service_that_is_not_well_is_named(services: list[pb.ServiceInfo], reason: str) -> None:
    assert health.service(services, "etcd") == reason


def test_nodes_that_are_missing_or_not_ready_are_named() -> None:
    items = [node("a", "True"), node("b", "False", "no network")]
    assert health.nodes(items, ["a", "b", "c"]) == {
        "b": "is not Ready: no network",
        "c": "is not registered",
    }
    assert health.nodes(items, ["a"]) == {}


def test_workloads_count_their_ready_pods() -> None:
    def of(name: str, **status: int) -> Object:
        return {"metadata": {"name": name}, "status": status}

    whole = [of("proxy", desiredNumberScheduled=2, numberReady=2)]
    half = [of("dns", replicas=2, readyReplicas=1)]
    assert health.workloads(whole, [], []) == ""
    assert health.workloads(whole, half, []) == "Deployment dns: 1 of 2 pods ready"
    assert health.workloads([of("proxy")], [], []) == "DaemonSet proxy: 0 of 0 pods ready"
    assert health.workloads([], [], []) == "no workload is there yet"


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        pytest.param([pod("a", "Running"), pod("b", "Succeeded", "False")], "", id="well"),
        pytest.param([pod("a", "Running", "False")], "pod a: Running", id="not-ready"),
        pytest.param([pod("a", "Pending", "", "ImagePull")], "pod a: ImagePull", id="waiting"),
        pytest.param([], "no pod is there yet", id="none"),
    ],
)
def test_a_pod_that_does_not_run_is_named(items: list[Object], reason: str) -> None:
    assert health.pods(items) == reason
