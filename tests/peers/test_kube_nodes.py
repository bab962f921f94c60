import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from tests.peers.kube_server import FakeApi, running

from ichor.errors import FormatError
from ichor.peers import kubeconfig
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access
from ichor.peers.kube_nodes import KubeNodeWatch, node_of
from ichor.resources.k8s.kube_node import KubeNode, KubeTaint
from ichor.testing.clock import FakeClock

NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "a", "labels": {"l": "1"}, "annotations": {"n": "2"}},
    "spec": {
        "podCIDR": "10.244.1.0/24",
        "podCIDRs": ["10.244.1.0/24", "fd00::/64"],
        "taints": [{"key": "k", "effect": "NoSchedule"}],
        "unschedulable": True,
    },
    "status": {
        "addresses": [
            {"type": "Hostname", "address": "a"},
            {"type": "InternalIP", "address": "10.5.0.2"},
        ],
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}


def test_what_matters_of_a_node_is_read() -> None:
    assert node_of(NODE) == KubeNode(
        pod_cidrs=("10.244.1.0/24", "fd00::/64"),
        addresses=("10.5.0.2",),
        labels={"l": "1"},
        annotations={"n": "2"},
        taints=(KubeTaint(key="k", effect="NoSchedule"),),
        ready=True,
        unschedulable=True,
    )


def test_a_new_node_is_almost_empty() -> None:
    assert node_of({"metadata": {"name": "b"}, "spec": {"podCIDR": "10.0.0.0/24"}}) == KubeNode(
        pod_cidrs=("10.0.0.0/24",)
    )


def test_nodes_are_watched_when_there_is_an_identity_and_again_when_the_api_is_back() -> None:
    asyncio.run(asyncio.wait_for(watch_scene(), 20))


async def watch_scene() -> None:
    clock = FakeClock()
    api = FakeApi()
    path = "/api/v1/nodes/a"
    api.put(path, NODE, "ADDED")
    async with running(api) as port:
        access = Access(origin=Origin(host="127.0.0.1", port=port), token="t")

        def late() -> Access | None:
            return access if len(clock.slept) >= 3 else None

        snapshots = KubeNodeWatch((lambda: None, late), clock).snapshots()
        assert set(await anext(snapshots)) == {"a"}
        assert len(clock.slept) == 3

        second = asyncio.ensure_future(anext(snapshots))
        await api.until_watched()
        beat = {**NODE, "status": {**NODE["status"], "images": []}}
        await api.change(path, beat, "MODIFIED")  # nothing that matters here
        api.refusals.append((503, {"message": "away"}))
        await api.finish_watches()
        await api.change(path, {**NODE, "spec": {"podCIDR": "10.9.0.0/24"}}, "MODIFIED")
        assert (await second)["a"].pod_cidrs == ("10.9.0.0/24",)
        await snapshots.aclose()  # type: ignore[attr-defined]  # it is a generator


CONFIG = """
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://10.5.0.2:6443", certificate-authority-data: %s}}]
users: [{name: u, user: {client-certificate: both.pem, client-key: both.pem}}]
"""


def written(folder: Path) -> Path:
    (folder / "both.pem").write_text("certificate and key")
    path = folder / "kubeconfig"
    path.write_text(CONFIG % base64.b64encode(b"the ca").decode())
    return path


def test_a_kubeconfig_is_read_with_what_lies_beside_it(tmp_path: Path) -> None:
    found = kubeconfig.read(written(tmp_path))
    assert found is not None
    assert found.identity is not None
    assert (found.origin, found.ca) == (Origin(host="10.5.0.2", port=6443), b"the ca")
    assert found.identity.key == b"certificate and key"


def test_no_kubeconfig_is_no_error(tmp_path: Path) -> None:
    assert kubeconfig.read(tmp_path / "none") is None


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(("https://", "http://"), id="without-tls"),
        pytest.param(("name: u,", "name: v,"), id="unknown-user"),
        pytest.param(("apiVersion: v1", "a: [1"), id="no-yaml"),
        pytest.param(("data: ", "data: '*'#"), id="no-base64"),
    ],
)
def test_a_spoilt_kubeconfig_is_refused(tmp_path: Path, spoilt: tuple[str, str]) -> None:
    text = written(tmp_path).read_text().replace(*spoilt)
    with pytest.raises(FormatError):
        kubeconfig.access(text, tmp_path)
