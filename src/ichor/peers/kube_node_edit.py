"""This node's Node through the Kubernetes API: the adapter of ports.kube_node_edit."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from ichor.errors import NotFound, TransientError
from ichor.formats.jsonvalue import strings
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_nodes import NODE
from ichor.ports.kube import Ref
from ichor.ports.kube_node_edit import NodeMeta

MANAGER: Final = "talos"
_AGAIN: Final = timedelta(seconds=1)
Identities = Sequence[Callable[[], Access | None]]


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
        return NodeMeta(
            name=name,
            labels=strings(node, "metadata", "labels"),
            annotations=strings(node, "metadata", "annotations"),
        )

    async def apply(self, action: NodeMeta) -> None:
        client = self._client()
        if client is None:
            raise TransientError("there is no identity to speak to Kubernetes with")
        try:
            await client.apply(
                {
                    "apiVersion": NODE.api_version,
                    "kind": NODE.kind,
                    "metadata": {
                        "name": action.name,
                        "labels": action.labels,
                        "annotations": action.annotations,
                    },
                },
                manager=MANAGER,
            )
        finally:
            await client.close()

    def _client(self) -> KubeClient | None:
        try:
            known = (identity() for identity in self._identities)
            found = next((access for access in known if access is not None), None)
        except OSError as err:  # a kubeconfig whose certificate is not there yet
            raise TransientError(str(err), retry_after=_AGAIN) from err
        return KubeClient(found) if found else None
