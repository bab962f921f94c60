"""NodeStatus: what the cluster says of this node.

k8s/Nodename "nodename"   ─┐
k8s/KubeNode (all)        ─┴─► k8s/NodeStatus, its id the name
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename, NodeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    own: Annotated[Nodename, Get("k8s", NODENAME_ID)]
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NodeStatus]]:
    name = inputs.own.nodename
    node = inputs.nodes.get(name)
    if node is not None:
        yield (
            name,
            NodeStatus(
                nodename=name,
                node_ready=node.ready,
                unschedulable=node.unschedulable,
                labels=node.labels,
                annotations=node.annotations,
                pod_cidrs=node.pod_cidrs,
            ),
        )


node_status = Transform(
    name="k8s.NodeStatus", inputs=Inputs, outputs=[Out(NodeStatus)], reconcile=reconcile
)
