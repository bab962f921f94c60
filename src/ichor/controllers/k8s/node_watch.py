"""NodeWatch: the cluster's Nodes.

ports.kube_nodes ─► k8s/KubeNode (one per Node, by its name)
"""

from collections.abc import Iterator

from ichor.cosi.controller import Out, Source
from ichor.ports.kube_nodes import KubeNodes, Nodes
from ichor.resources.k8s.kube_node import KubeNode


def reconcile(nodes: Nodes) -> Iterator[tuple[str, KubeNode]]:
    yield from nodes.items()


def node_watch(port: KubeNodes) -> Source[Nodes]:
    return Source(
        name="k8s.NodeWatch",
        outputs=[Out(KubeNode)],
        snapshots=port.snapshots,
        reconcile=reconcile,
    )
