"""Nodes through the Kubernetes API: the adapter of `ports.kube_nodes.KubeNodes`.

    the first identity that is there ─► client ─► list and watch v1/Node ─► snapshots

Nothing of an identity is kept: a kubelet's certificate is renewed in place, so every connection
begins with the files. The API server is away at every boot and every upgrade of a control plane;
it is tried each second here rather than by the engine, whose pauses grow, because the pod network
of a node waits for this. What others see of its absence is that nothing changes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from ichor.errors import IchorError
from ichor.formats.jsonvalue import Object, at, objs, strings, text, texts
from ichor.log import fields, logger
from ichor.peers.kube import Access, KubeClient
from ichor.ports.clock import Clock
from ichor.ports.kube import Kind, Listing
from ichor.ports.kube_nodes import Nodes
from ichor.resources.k8s.kube_node import KubeNode, KubeTaint

log = logger(__name__)
NODE = Kind("v1", "Node")
_RETRY_S = 1.0
Identities = Sequence[Callable[[], Access | None]]


class KubeNodeWatch:
    """identities: the better first; None while there is none of that sort."""

    def __init__(
        self,
        identities: Identities,
        clock: Clock,
        connect: Callable[[Access], KubeClient] = KubeClient,
    ) -> None:
        self._identities = identities
        self._clock = clock
        self._connect = connect

    async def snapshots(self) -> AsyncIterator[Nodes]:
        said = ""
        before: Nodes | None = None
        while True:
            try:
                async with aclosing(self._watch()) as watched:
                    async for nodes in watched:
                        said = ""
                        if nodes != before:
                            before = nodes
                            yield nodes
            except (IchorError, OSError) as err:
                if str(err) != said:
                    said = str(err)
                    log.info("Nodes cannot be watched yet", extra=fields(why=said))
            await self._clock.sleep(_RETRY_S)

    async def _watch(self) -> AsyncGenerator[Nodes, None]:
        """Yield until the API goes away; nothing if there is no identity."""
        known = (identity() for identity in self._identities)
        found = next((access for access in known if access is not None), None)
        if found is None:
            return
        client = self._connect(found)
        try:
            async for listing in client.watch(NODE):
                yield nodes_of(listing)
        finally:
            await client.close()


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
