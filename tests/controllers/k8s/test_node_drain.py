from datetime import UTC, datetime

from ichor.controllers.k8s.node_drain import AGAIN, Inputs, plan, report
from ichor.cosi.controller import WakeAt
from ichor.models.node_pods import model
from ichor.ports.node_pods import Evict, EvictablePod, Look, Rest
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename
from ichor.resources.runtime.ending import NodeDrain, NodeDrainStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAYS = EvictablePod(namespace="a", name="one")
LEAVES = EvictablePod(namespace="a", name="two", is_leaving=True)


def inputs(*, asked: bool = True, cordoned: bool = True) -> Inputs:
    return Inputs(
        asked={"machine": NodeDrain()} if asked else {},
        own=Nodename(nodename="n"),
        nodes={"n": KubeNode(unschedulable=cordoned), "other": KubeNode(unschedulable=True)},
        now=NOW,
    )


def test_nobody_looks_unasked_or_before_the_node_is_cordoned() -> None:
    assert list(plan(inputs(asked=False), None)) == []
    assert list(plan(inputs(asked=False), model((STAYS,), Rest()))) == []
    assert list(plan(inputs(cordoned=False), None)) == []
    assert list(report(inputs(cordoned=False), ())) == []


def test_who_is_not_asked_any_more_looks_no_more() -> None:
    (action,) = plan(inputs(asked=False), (STAYS,))
    assert action == Rest()
    assert model((STAYS,), action) is None


def test_pods_are_looked_for_and_told_to_go_once() -> None:
    assert list(plan(inputs(), None)) == [Look()]
    (evict,) = plan(inputs(), (STAYS, LEAVES))
    assert evict == Evict((STAYS,))
    assert list(plan(inputs(), model((STAYS, LEAVES), evict))) == []


def test_it_is_over_when_none_is_left_and_looked_at_again_until_then() -> None:
    left = list(report(inputs(), (LEAVES,)))
    assert left == [("machine", NodeDrainStatus(left=1)), WakeAt(NOW + AGAIN)]
    assert list(report(inputs(), ())) == [("machine", NodeDrainStatus(left=0))]
