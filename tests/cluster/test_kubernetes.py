"""A new cluster does what people do with one: pods, services by name, logs, exec, forwards."""

import json
import re
import urllib.request
from collections.abc import Generator

import pytest
from tests.cluster.terminal import RIGHT, on_terminal
from tests.cluster.whole import SLOWNESS, Whole, ended_after

from ichor.config.versions import image

pytestmark = [pytest.mark.cluster, pytest.mark.root]

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{operator: Exists}]
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: echo}}
      securityContext:
        {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: echo
        image: IMAGE
        args: [serve]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: default}
spec:
  selector: {app: echo}
  ports: [{port: 80, targetPort: 8080}]
"""


ROLES = ("controlplane", "worker")


class Pod:
    def __init__(self, name: str, node: str) -> None:
        self.name = name
        self.node = node


@pytest.fixture(scope="module")
def pods(cluster: Whole) -> Generator[list[Pod]]:
    """Three pods that answer with their names, on both nodes."""
    text = APP.replace("IMAGE", image("testtool"))
    cluster.kubectl("apply", "-f", "-", text=text)
    timeout = f"--timeout={90 * SLOWNESS}s"
    cluster.kubectl("rollout", "status", "deployment/echo", timeout, seconds=100)
    found = json.loads(cluster.kubectl("get", "pods", "-l", "app=echo", "-o", "json"))
    yield [Pod(one["metadata"]["name"], one["spec"]["nodeName"]) for one in found["items"]]
    cluster.kubectl("delete", "-f", "-", text=text)


def one_on(pods: list[Pod], role: str) -> Pod:
    return next(pod for pod in pods if role in pod.node)


def test_both_nodes_are_ready(cluster: Whole) -> None:
    found = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    ready = {
        one["metadata"]["name"]: condition["status"]
        for one in found
        for condition in one["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    names = [f"{cluster.name}-controlplane-1", f"{cluster.name}-worker-1"]
    assert ready == dict.fromkeys(names, "True")


def test_every_pod_of_kube_system_runs(cluster: Whole) -> None:
    rows = cluster.kubectl("get", "pods", "-n", "kube-system", "--no-headers").splitlines()
    assert len(rows) >= 7
    assert {row.split()[2] for row in rows} == {"Running"}


def test_pods_run_on_both_nodes(pods: list[Pod]) -> None:
    assert len(pods) == 3
    assert len({pod.node for pod in pods}) == 2


@pytest.mark.parametrize("role", ["controlplane", "worker"])
def test_a_service_is_reached_by_its_name_from_every_node(
    cluster: Whole, pods: list[Pod], role: str
) -> None:
    asking, url = one_on(pods, role).name, "http://echo.default.svc.cluster.local/asked"
    heard = {
        cluster.kubectl("exec", asking, "--", "/testtool", "http", "--tries", "5", url)
        for _ in range(20)
    }
    # kube-proxy picks by chance: that 20 picks among three miss the other node is one in 3000.
    assert len(heard) > 1
    assert heard <= {f"{pod.name} /asked\n" for pod in pods}


@pytest.mark.parametrize("role", ["controlplane", "worker"])
def test_exec_and_logs_reach_a_pod_on_every_node(
    cluster: Whole, pods: list[Pod], role: str
) -> None:
    name = one_on(pods, role).name
    said = cluster.kubectl("exec", name, "--", "/testtool", "http", "http://127.0.0.1:8080/")
    assert said == f"{name} /\n"
    cluster.kubectl("logs", name)


def test_logs_are_what_a_container_wrote(cluster: Whole) -> None:
    said = cluster.kubectl("logs", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--tail=-1")
    assert "CoreDNS-" in said


def test_sockets_of_pods_are_told_by_their_names(cluster: Whole, pods: list[Pod]) -> None:
    pod = one_on(pods, "worker")
    address = address_of(cluster, pod.node)
    for words in (("-k",), (f"default/{pod.name}",)):
        argv = cluster.machine_argv("netstat", "-n", address, "-l", "-p", *words)
        rows = [row.split() for row in cluster.run(*argv).splitlines()]
        assert any(
            row[4].endswith(":8080") and row[-1] == f"default/{pod.name}" and "testtool" in row[-2]
            for row in rows
        ), rows


def test_a_dashboard_shows_every_node(cluster: Whole, pods: list[Pod]) -> None:
    addresses = ",".join(address_of(cluster, one_on(pods, role).node) for role in ROLES)
    argv = cluster.machine_argv("dashboard", "-n", addresses, "-d", "1s")
    with on_terminal(argv, cluster.environment) as terminal:
        terminal.until("APISERVER", "healthy", "controlplane", f"{cluster.name} (2 machines)")
        terminal.press(RIGHT)
        terminal.until(one_on(pods, "worker").node, "worker")
        terminal.press(b"2")
        terminal.until("NETWORK", "kubelet")
        terminal.press(b"3")
        terminal.until("daemon:")
        terminal.press(b"q")
        assert terminal.ended() == 0


def address_of(cluster: Whole, node: str) -> str:
    found = json.loads(cluster.kubectl("get", "node", node, "-o", "json"))
    addresses = found["status"]["addresses"]
    return str(next(one["address"] for one in addresses if one["type"] == "InternalIP"))


def test_a_port_is_forwarded(cluster: Whole, pods: list[Pod]) -> None:
    name = one_on(pods, "worker").name
    program = cluster.directory / "state/clusters" / cluster.name / "bin/kubectl"
    words = (str(program), "port-forward", f"pod/{name}", ":8080", "--address", "127.0.0.1")
    with ended_after(cluster.start(*words)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, line
        with urllib.request.urlopen(
            f"http://127.0.0.1:{found[1]}/x", timeout=20 * SLOWNESS
        ) as answer:
            assert answer.read().decode() == f"{name} /x\n"
