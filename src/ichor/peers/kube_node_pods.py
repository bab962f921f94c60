"""This node's evictable pods through the Kubernetes API: the adapter of `ports.node_pods`."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from ichor.errors import NotFound, TransientError
from ichor.formats.jsonvalue import Object, objs, text
from ichor.peers.kube import KubeClient
from ichor.peers.kube_following import Identities, first
from ichor.peers.kube_static_pods import POD, is_mirror
from ichor.ports.kube import Ref, Select, key_of
from ichor.ports.node_pods import Action, Evict, Evictable, EvictablePod, Look, Rest

_AGAIN: Final = timedelta(seconds=1)
_OVER: Final = frozenset({"Succeeded", "Failed"})


class KubeNodePods:
    """identities: the better first. name: the node's, empty before it has one."""

    def __init__(self, identities: Identities, name: Callable[[], str]) -> None:
        self._identities = identities
        self._name = name
        self._first: frozenset[str] | None = None

    async def observe(self) -> Evictable:
        if self._first is None:
            return None
        return evictable(one for one in await self._list() if uid(one) in self._first)

    async def _list(self) -> Iterable[Object]:
        async with self._client() as client:
            found = await client.list(POD, Select(fields=f"spec.nodeName={self._name()}"))
        return found.items.values()

    async def apply(self, action: Action) -> None:
        match action:
            case Look():
                self._first = frozenset(map(uid, await self._list()))
            case Rest():
                self._first = None
            case Evict(pods=pods):
                await self._evict(pods)

    async def _evict(self, pods: Iterable[EvictablePod]) -> None:
        async with self._client() as client:
            asked = [_evict(client, pod) for pod in pods]
            refusals = await asyncio.gather(*asked, return_exceptions=True)
        for refusal in filter(None, refusals):
            raise refusal

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[KubeClient]:
        """Give a connection; what fails is tried again soon."""
        access = first(self._identities)
        if access is None:
            raise TransientError("there is no identity to speak to Kubernetes with")
        client = KubeClient(access)
        try:
            yield client
        except TransientError as err:
            raise TransientError(str(err), retry_after=_AGAIN) from err
        finally:
            await client.close()


async def _evict(client: KubeClient, pod: EvictablePod) -> None:
    with suppress(NotFound):
        await client.evict(Ref(POD, pod.name, pod.namespace))


def uid(item: Object) -> str:
    return text(item, "metadata", "uid")


def evictable(items: Iterable[Object]) -> tuple[EvictablePod, ...]:
    """Give those that can move. One that leaves counts until the kubelet has seen it off."""
    return tuple(
        EvictablePod(namespace=key_of(item).namespace, name=key_of(item).name, is_leaving=leaves)
        for item in items
        if not _stays(item)
        and ((leaves := _is_leaving(item)) or text(item, "status", "phase") not in _OVER)
    )


def _is_leaving(item: Object) -> bool:
    return bool(text(item, "metadata", "deletionTimestamp"))


def _stays(item: Object) -> bool:
    owners = objs(item, "metadata", "ownerReferences")
    return is_mirror(item) or any(text(one, "kind") == "DaemonSet" for one in owners)
