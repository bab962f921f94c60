"""This node's Node through the Kubernetes API: the adapter of ports.kube_node_edit."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from ichor.errors import Conflict, NotFound, TransientError
from ichor.formats.jsonvalue import Object, objs, strings, text
from ichor.peers.kube import KubeClient
from ichor.peers.kube_following import Identities, first
from ichor.peers.kube_nodes import NODE
from ichor.ports.kube import Ref
from ichor.ports.kube_node_edit import NodeMeta, Taint

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
            taints=taints_of(node),
            version=text(node, "metadata", "resourceVersion"),
        )

    async def apply(self, action: NodeMeta) -> None:
        client = self._client()
        if client is None:
            raise TransientError("there is no identity to speak to Kubernetes with")
        try:
            if action.taints is not None:
                await _set_taints(client, action, action.taints)
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


def taints_of(node: Object) -> tuple[Taint, ...]:
    return tuple(sorted(taint_of(one) for one in objs(node, "spec", "taints")))


def taint_of(written: Object) -> Taint:
    return Taint(text(written, "key"), text(written, "value"), text(written, "effect"))


async def _set_taints(client: KubeClient, seen: NodeMeta, taints: Sequence[Taint]) -> None:
    """Replace the list as a whole, which is all a patch can, of the Node it follows from.

    Written to a later one, it would bring back what another has removed meanwhile; and who removes
    `not-ready` looks again only when the kubelet reports next, after up to five minutes.
    """
    ref = Ref(NODE, seen.name)
    node = await client.get(ref)
    if text(node, "metadata", "resourceVersion") != seen.version:
        raise TransientError(f"node {seen.name} has changed", retry_after=_AGAIN)
    written = [_written(one, node) for one in taints]
    body: Object = {"metadata": {"resourceVersion": seen.version}, "spec": {"taints": written}}
    try:
        await client.patch(ref, body)
    except Conflict as err:
        raise TransientError(str(err), retry_after=_AGAIN) from err


def _written(taint: Taint, node: Object) -> Object:
    """Keep what is there, which may say more, as since when; else write ours."""
    for one in objs(node, "spec", "taints"):
        if taint_of(one) == taint:
            return one
    made = {"key": taint.key, "effect": taint.effect}
    return {**made, "value": taint.value} if taint.value else made
