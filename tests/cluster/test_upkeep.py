"""A node that is looked after: its pods move elsewhere first, or it stays as it is."""

import json
import subprocess
import time
from collections.abc import Generator

import pytest
from tests.cluster.test_kubernetes import APP
from tests.cluster.whole import SLOWNESS, Whole

from ichor.config.versions import image

pytestmark = [pytest.mark.cluster, pytest.mark.root]
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: echo, namespace: default}
spec: {minAvailable: 3, selector: {matchLabels: {app: echo}}}
"""


@pytest.fixture
def guarded(cluster: Whole) -> Generator[Whole]:
    """Three pods on both nodes, none of which may go; without them nothing is left."""
    text = APP.replace("IMAGE", image("testtool"))
    cluster.kubectl("apply", "-f", "-", text=f"{text}---{BUDGET}")
    timeout = f"--timeout={90 * SLOWNESS}s"
    cluster.kubectl("rollout", "status", "deployment/echo", timeout, seconds=100)
    yield cluster
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", text=f"{text}---{BUDGET}")


def nodes(cluster: Whole) -> dict[str, bool]:
    """Give which nodes take pods, by name."""
    found = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    return {one["metadata"]["name"]: not one["spec"].get("unschedulable") for one in found}


def boot_id(cluster: Whole, address: str) -> str:
    argv = cluster.machine_argv("get", "bootid", "-n", address, "-o", "jsonpath={.spec.bootID}")
    return cluster.run(*argv)


def test_a_node_whose_pods_may_not_go_stays_and_one_whose_may_comes_back(guarded: Whole) -> None:
    found = json.loads(guarded.kubectl("get", "nodes", "-o", "json"))["items"]
    worker = next(one for one in found if "worker" in one["metadata"]["name"])
    name = worker["metadata"]["name"]
    address = next(
        one["address"] for one in worker["status"]["addresses"] if one["type"] == "InternalIP"
    )
    reboot = guarded.machine_argv("reboot", "--drain", "-n", address)
    before = boot_id(guarded, address)
    with pytest.raises(AssertionError, match="task cordonAndDrainNode: timeout"):
        guarded.run(*reboot, "--drain-timeout", f"{3 * SLOWNESS}s")
    assert boot_id(guarded, address) == before
    guarded.kubectl("delete", "pdb", "echo")
    assert "back after" in guarded.run(*reboot, seconds=120)
    assert boot_id(guarded, address) != before
    while not nodes(guarded)[name]:  # pytest's own limit ends it
        time.sleep(0.5)


def test_a_control_plane_that_is_all_of_etcd_may_go(cluster: Whole) -> None:
    """It asks etcd, over TLS, and hears why a container is not upgraded instead of why not."""
    argv = cluster.machine_argv("upgrade", "-i", image("testtool"), "--namespace", "cri")
    done = subprocess.run(
        argv, env=cluster.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "not supported in container mode" in done.stderr


def test_scheduler_and_controller_manager_start_once(cluster: Whole) -> None:
    pods = json.loads(cluster.kubectl("get", "pods", "-n", "kube-system", "-o", "json"))["items"]
    restarts = {
        one["metadata"]["name"]: one["status"]["containerStatuses"][0]["restartCount"]
        for one in pods
        if one["metadata"]["labels"].get("tier") == "control-plane"
    }
    assert len(restarts) == 3
    assert set(restarts.values()) == {0}
