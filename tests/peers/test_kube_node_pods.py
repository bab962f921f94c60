import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tests.peers.kube_server import FakeApi, running

from ichor.formats.jsonvalue import Object
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access
from ichor.peers.kube_node_pods import KubeNodePods, evictable
from ichor.ports.node_pods import EvictablePod, Look, Rest


def pod(phase: str = "Running", **metadata: object) -> Object:
    item: Mapping[str, object] = {
        "metadata": {"name": "p", "namespace": "n", **metadata},
        "status": {"phase": phase},
    }
    return item  # type: ignore[return-value]  # JSON values


LEAVES = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("phase", ["Pending", "Running"])
def test_a_pod_that_is_not_over_is_to_move(phase: str) -> None:
    assert evictable([pod(phase)]) == (EvictablePod(namespace="n", name="p"),)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_is_over_stays(phase: str) -> None:
    assert evictable([pod(phase)]) == ()


@pytest.mark.parametrize("phase", ["Running", "Succeeded", "Failed"])
def test_a_pod_that_leaves_counts_until_it_is_gone(phase: str) -> None:
    assert evictable([pod(phase, **LEAVES)]) == (
        EvictablePod(namespace="n", name="p", is_leaving=True),
    )


def test_what_belongs_to_the_node_stays() -> None:
    mirror = pod(annotations={"kubernetes.io/config.mirror": "x"})
    daemon = pod(ownerReferences=[{"kind": "DaemonSet", "name": "d"}])
    assert evictable([mirror, daemon]) == ()


def named(name: str, uid: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "uid": uid},
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running"},
    }


def test_only_those_that_were_there_are_waited_for() -> None:
    """One that tolerates a node without pods comes back to it, and would be chased for ever."""
    api = FakeApi()

    async def main() -> None:
        async with running(api) as port:
            access = Access(origin=Origin(host="127.0.0.1", port=port))
            pods = KubeNodePods([lambda: access], lambda: "node")
            assert await pods.observe() is None
            api.put("/api/v1/pods/a", named("a", "1"), "ADDED")
            await pods.apply(Look())
            assert await pods.observe() == (EvictablePod(namespace="n", name="a"),)
            api.put("/api/v1/pods/a", named("a", "2"), "MODIFIED")
            assert await pods.observe() == ()
            await pods.apply(Look())
            assert await pods.observe() == (EvictablePod(namespace="n", name="a"),)
            await pods.apply(Rest())
            assert await pods.observe() is None

    asyncio.run(main())
