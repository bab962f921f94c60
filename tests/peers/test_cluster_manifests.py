import asyncio
from collections.abc import Iterable

import pytest

from ichor.controllers.k8s.manifest_apply import plan
from ichor.errors import TransientError
from ichor.formats.jsonvalue import Object
from ichor.models.manifests import model
from ichor.peers.cluster_manifests import carry_out
from ichor.ports.manifests import Action, Apply, Observed, object_id

WANTED: list[Object] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}}
    for name in ("a", "b")
]
A = object_id(WANTED[0])


class Cluster:
    """What all control planes see and change."""

    def __init__(self) -> None:
        self.held = Observed(present=frozenset(), inventory=frozenset())

    async def observe(self, wanted: Iterable[Object]) -> Observed:
        return self.held

    async def apply(self, action: Action) -> None:
        self.held = model(self.held, action)


def decided(cluster: Cluster) -> Apply:
    return Apply(basis=cluster.held, steps=tuple(plan(WANTED, cluster.held)))


def test_what_was_decided_is_done_while_it_holds() -> None:
    cluster = Cluster()
    asyncio.run(carry_out(cluster, WANTED, decided(cluster)))
    assert cluster.held.present == cluster.held.inventory == {object_id(one) for one in WANTED}


def test_what_somebody_deleted_is_not_made_again_by_who_looked_before() -> None:
    cluster = Cluster()
    first, late = decided(cluster), decided(cluster)
    asyncio.run(carry_out(cluster, WANTED, first))
    after = Observed(present=cluster.held.present - {A}, inventory=cluster.held.inventory)
    cluster.held = after
    with pytest.raises(TransientError, match="meanwhile"):
        asyncio.run(carry_out(cluster, WANTED, late))
    assert cluster.held == after
    assert list(plan(WANTED, cluster.held)) == []


def test_what_another_remembers_is_not_forgotten() -> None:
    cluster = Cluster()
    late = decided(cluster)
    other = object_id({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs"}})
    cluster.held = Observed(present=frozenset({other}), inventory=frozenset({other}))
    with pytest.raises(TransientError):
        asyncio.run(carry_out(cluster, WANTED, late))
    asyncio.run(carry_out(cluster, WANTED, decided(cluster)))
    assert other in cluster.held.inventory
