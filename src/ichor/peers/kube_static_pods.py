"""Static pods' mirrors through the Kubernetes API: the adapter of `ports.static_pod_status`."""

from collections.abc import AsyncIterator, Callable

from ichor.formats.jsonvalue import Object, obj, text
from ichor.peers.kube_following import Follower, Identities
from ichor.ports.clock import Clock
from ichor.ports.kube import Kind, Listing, Select
from ichor.ports.static_pod_status import Statuses

POD = Kind("v1", "Pod")
_MIRROR = "kubernetes.io/config.mirror"


class StaticPodWatch:
    """name: that of this node; empty while it has none."""

    def __init__(self, identities: Identities, clock: Clock, name: Callable[[], str]) -> None:
        self._name = name
        self._follower = Follower(POD, identities, clock, select=self._select)

    async def snapshots(self) -> AsyncIterator[Statuses]:
        before: Statuses | None = None
        async for listing in self._follower.listings():
            statuses = statuses_of(listing)
            if statuses != before:
                before = statuses
                yield statuses

    def _select(self) -> Select | None:
        name = self._name()
        return Select(fields=f"spec.nodeName={name}") if name else None


def statuses_of(listing: Listing) -> Statuses:
    """Give those whose source is the node itself, which the kubelet tells by an annotation."""
    return {
        f"{key.namespace}/{key.name}": obj(item, "status")
        for key, item in sorted(listing.items.items())
        if is_mirror(item)
    }


def is_mirror(item: Object) -> bool:
    return bool(text(obj(item, "metadata", "annotations"), _MIRROR))
