"""Manifests through the API server beside us: the adapter of ports.cluster_manifests.

Control planes take turns by a lock in etcd. What was decided before it was had is only done if
the cluster is still as it was seen then. An API server that answers is not ready yet: before it has
made its roles, who is no administrator is refused, and a scheduler that is ends.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from ichor.errors import Conflict, NotFound, TransientError
from ichor.formats.jsonvalue import Object
from ichor.peers.etcd_local import Connect
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_manifests import KubeManifests
from ichor.peers.pem import Identity
from ichor.ports.cluster_manifests import Action, Seen, Want
from ichor.ports.manifests import Apply, Manifests

# An API server that starts is ready within seconds, and everybody waits for what is made here.
_AGAIN: Final = timedelta(milliseconds=200)
MUTEX: Final = b"talos:v1:manifestApplyMutex"


class NodeManifests:
    """etcd: gives connections to this node's member."""

    def __init__(self, etcd: Connect) -> None:
        self._etcd = etcd
        self._want: Want | None = None
        self._client: KubeClient | None = None
        self._manifests: KubeManifests | None = None

    async def observe(self) -> Seen:
        if self._want is None or self._manifests is None or self._client is None:
            return Seen()
        if not await self._client.ready():
            raise TransientError("the API server is not ready", retry_after=_AGAIN)
        try:
            observed = await self._manifests.observe(self._want.objects)
        except TransientError as err:
            raise TransientError(str(err), retry_after=_AGAIN) from err
        return Seen(want=self._want, observed=observed)

    async def apply(self, action: Action) -> None:
        if isinstance(action, Want):
            await self._turn_to(action)
        elif self._want is not None and self._manifests is not None:
            try:
                async with self._etcd() as etcd, etcd.lock(MUTEX):
                    await carry_out(self._manifests, self._want.objects, action)
            except (Conflict, NotFound, TransientError) as err:
                # An API server's own namespaces come after its port.
                raise TransientError(str(err), retry_after=_AGAIN) from err

    async def _turn_to(self, want: Want) -> None:
        if self._client is not None:
            await self._client.close()
        access = want.access
        identity = Identity(certificate=access.cert.encode(), key=access.key.reveal().encode())
        self._client = KubeClient(
            Access(
                origin=Origin(host=access.host, port=access.port),
                ca=access.ca.encode(),
                identity=identity,
            )
        )
        self._manifests = KubeManifests(self._client)
        self._want = want


async def carry_out(manifests: Manifests, objects: Iterable[Object], action: Apply) -> None:
    """Do what was decided. Raises TransientError if it was decided on what does not hold now."""
    if await manifests.observe(objects) != action.basis:
        raise TransientError("another control plane has applied manifests meanwhile")
    for step in action.steps:
        await manifests.apply(step)
