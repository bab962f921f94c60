from collections.abc import Mapping

import pytest

from ichor.formats.jsonvalue import Object
from ichor.peers.kube_node_pods import evictable
from ichor.ports.node_pods import EvictablePod


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
