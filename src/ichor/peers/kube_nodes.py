"""Nodes through the Kubernetes API: the adapter of `ports.kube_nodes.KubeNodes`."""

from collections.abc import AsyncIterator, Callable

from ichor.formats.jsonvalue import Object, at, objs, strings, text, texts
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_following import Follower, Identities
from ichor.ports.clock import Clock
from ichor.ports.kube import Kind, Listing
from ichor.ports.kube_nodes import Nodes
from ichor.resources.k8s.kube_node import KubeNode, KubeTaint

NODE = Kind("v1", "Node")


class KubeNodeWatch:
    def __init__(
        self,
        identities: Identities,
        clock: Clock,
        connect: Callable[[Access], KubeClient] = KubeClient,
    ) -> None:
        self._follower = Follower(NODE, identities, clock, connect)

    async def snapshots(self) -> AsyncIterator[Nodes]:
        before: Nodes | None = None
        async for listing in self._follower.listings():
            nodes = nodes_of(listing)
            if nodes != before:
                before = nodes
                yield nodes


def nodes_of(listing: Listing) -> Nodes:
    return {key.name: node_of(item) for key, item in sorted(listing.items.items())}


def node_of(item: Object) -> KubeNode:
    """Read a Node. Fields that are missing are empty."""
    cidrs = texts(item, "spec", "podCIDRs") or tuple(filter(None, (text(item, "spec", "podCIDR"),)))
    return KubeNode(
        pod_cidrs=cidrs,
        addresses=tuple(
            text(one, "address")
            for one in objs(item, "status", "addresses")
            if text(one, "type") == "InternalIP"
        ),
        labels=strings(item, "metadata", "labels"),
        annotations=strings(item, "metadata", "annotations"),
        taints=tuple(
            KubeTaint(key=text(one, "key"), value=text(one, "value"), effect=text(one, "effect"))
            for one in objs(item, "spec", "taints")
        ),
        ready=any(
            text(one, "type") == "Ready" and text(one, "status") == "True"
            for one in objs(item, "status", "conditions")
        ),
        unschedulable=at(item, "spec", "unschedulable") is True,
    )
