"""This node's Node through the Kubernetes API: the adapter of ports.kube_node_edit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from ichor.errors import NotFound, TransientError
from ichor.formats.jsonvalue import Object, strings
from ichor.peers.kube import KubeClient
from ichor.peers.kube_following import Identities, first
from ichor.peers.kube_nodes import NODE
from ichor.ports.kube import Ref
from ichor.ports.kube_node_edit import NodeMeta

MANAGER: Final = "talos"
CORDONED: Final = ("talos.dev/cordoned", "true")
_AGAIN: Final = timedelta(seconds=1)


class OwnNode:
    """identities: the better first. name: the node's, empty before it has one."""

    def __init__(self, identities: Identities, name: Callable[[], str]) -> None:
        self._identities = identities
        self._name = name

    async def observe(self) -> NodeMeta | None:
        name, client = self._name(), self._client()
        if client is None or not name:
            return None
        try:
            node = await client.get(Ref(NODE, name))
        except NotFound:
            return None
        except TransientError as err:
            raise TransientError(str(err), retry_after=_AGAIN) from err
        finally:
            await client.close()
        annotations = strings(node, "metadata", "annotations")
        return NodeMeta(
            name=name,
            labels=strings(node, "metadata", "labels"),
            annotations=annotations,
            cordoned=CORDONED in annotations.items(),
        )

    async def apply(self, action: NodeMeta) -> None:
        client = self._client()
        if client is None:
            raise TransientError("there is no identity to speak to Kubernetes with")
        try:
            await client.apply(item_of(action), manager=MANAGER)
        finally:
            await client.close()

    def _client(self) -> KubeClient | None:
        try:
            found = first(self._identities)
        except OSError as err:  # a kubeconfig whose certificate is not there yet
            raise TransientError(str(err), retry_after=_AGAIN) from err
        return KubeClient(found) if found else None


def item_of(meta: NodeMeta) -> Object:
    """Give the part of the Node that is ours: what it does not name, we do not own any more."""
    cordon = dict([CORDONED]) if meta.cordoned else {}
    item: Object = {
        "apiVersion": NODE.api_version,
        "kind": NODE.kind,
        "metadata": {
            "name": meta.name,
            "labels": meta.labels,
            "annotations": {**meta.annotations, **cordon},
        },
    }
    return {**item, "spec": {"unschedulable": True}} if meta.cordoned else item
