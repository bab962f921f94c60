"""The cluster's Nodes, watched with whatever identity this node has."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from ichor.resources.k8s.kube_node import KubeNode

# All Nodes by name.
Nodes = Mapping[str, KubeNode]


class KubeNodes(Protocol):
    def snapshots(self) -> AsyncIterator[Nodes]:
        """Yield all Nodes as soon as the API can be asked, and again after every change.

        Waits while this node has no identity yet. Raises TransientError when the API goes away.
        """
        ...
