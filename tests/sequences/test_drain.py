"""A reboot that is to move pods elsewhere first stays where they do not go."""

from datetime import timedelta

from ichor.cosi.operation import (
    Code,
    Operation,
    OperationEvent,
    OperationStatus,
    SequenceEvent,
    State,
)
from ichor.cosi.sequencer import StoreJournal, sequencer
from ichor.resources.k8s.node import NodeStatus
from ichor.resources.runtime.ending import NodeDrain, NodeDrainStatus, PodStop
from ichor.sequences.container import SEQUENCES
from ichor.testing.engine import World


class Node(World):
    """One that Kubernetes knows, or not."""

    def __init__(self, *, registered: bool = True) -> None:
        self.told: list[OperationEvent] = []
        world = World()
        journal = StoreJournal(world.state, self.told.append)
        super().__init__([sequencer(SEQUENCES, journal, "1")], state=world.state, time=world.time)
        if registered:
            self.put(NodeStatus(nodename="n", node_ready=True), "n")

    def reboot(self, **parameters: str) -> None:
        given = {name.replace("_", "-"): value for name, value in parameters.items()}
        self.put(Operation(sequence="reboot", parameters=given), "actor")
        self.settle()

    def drains(self) -> bool:
        return bool(self.specs(NodeDrain))

    def stops_pods(self) -> bool:
        return bool(self.specs(PodStop))


def test_pods_are_stopped_once_none_is_left_to_move() -> None:
    node = Node()
    node.reboot(drain="true")
    assert node.drains()
    assert not node.stops_pods()
    node.put(NodeDrainStatus(left=1), "machine")
    node.settle()
    assert not node.stops_pods()
    node.put(NodeDrainStatus(left=0), "machine")
    node.settle()
    assert node.stops_pods()
    assert node.drains()  # no pod is to come back


def test_a_node_whose_pods_do_not_go_in_time_stays_and_takes_pods_again() -> None:
    node = Node()
    node.reboot(drain="true", drain_timeout="20")
    node.time.advance(timedelta(seconds=19))
    node.settle()
    assert node.drains()
    node.time.advance(timedelta(seconds=1))
    node.settle()
    assert not node.drains()
    assert not node.stops_pods()
    found = node.spec(OperationStatus, "actor")
    assert found is not None
    assert found.state is State.FAILED
    (last,) = [one for one in node.told if isinstance(one, SequenceEvent) and one.code]
    assert last.code is Code.FATAL
    assert "cordonAndDrainNode" in last.error


def test_no_pod_is_moved_unasked_or_where_kubernetes_does_not_know_the_node() -> None:
    unasked = Node()
    unasked.reboot()
    unknown = Node(registered=False)
    unknown.reboot(drain="true")
    for node in (unasked, unknown):
        assert not node.drains()
        assert node.stops_pods()
