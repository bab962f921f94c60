"""NodeDrain: before a node goes away, its pods move elsewhere.

    runtime/NodeDrain (any)          ─┐
    k8s/Nodename, k8s/KubeNode (own) ─┴─► plan ─► Look, Evict, Rest ─► runtime/NodeDrainStatus

It begins when the cluster says that the node is cordoned: a pod that moved must not come back.
Whoever may not go yet, by a disruption budget, is asked again; who waits has a time limit.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Clock, Get, Out, WakeAt, Yield
from ichor.ports.node_pods import Action, Evict, Evictable, Look, NodePods, Rest
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename
from ichor.resources.runtime.ending import NAMESPACE, NodeDrain, NodeDrainStatus

AGAIN = timedelta(seconds=1)


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, NodeDrain], All(NAMESPACE)] = {}
    own: Annotated[Nodename | None, Get("k8s", NODENAME_ID)] = None
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}
    now: Annotated[datetime, Clock()]


def plan(inputs: Inputs, observed: Evictable) -> Iterator[Action]:
    if not inputs.asked:
        if observed is not None:
            yield Rest()
        return
    if not is_cordoned(inputs):
        return
    if observed is None:
        yield Look()
        return
    waiting = tuple(pod for pod in observed if not pod.is_leaving)
    if waiting:
        yield Evict(waiting)


def is_cordoned(inputs: Inputs) -> bool:
    node = inputs.nodes.get(inputs.own.nodename) if inputs.own else None
    return node is not None and node.unschedulable


def report(inputs: Inputs, observed: Evictable) -> Iterator[Yield]:
    if not inputs.asked or not is_cordoned(inputs) or observed is None:
        return
    for id in inputs.asked:
        yield id, NodeDrainStatus(left=len(observed))
    if observed:
        yield WakeAt(inputs.now + AGAIN)


def node_drain(port: NodePods) -> Actuator[Inputs, Evictable, Action]:
    return Actuator(
        name="k8s.NodeDrain",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(NodeDrainStatus)],
        report=report,
    )
