"""Manifests through the API server beside us: the adapter of ports.cluster_manifests."""

from datetime import timedelta
from typing import Final

from ichor.errors import TransientError
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_manifests import KubeManifests
from ichor.peers.pem import Identity
from ichor.ports.cluster_manifests import Action, Seen, Want

# An API server that starts is ready within seconds, and everybody waits for what is made here.
_AGAIN: Final = timedelta(milliseconds=200)


class NodeManifests:
    def __init__(self) -> None:
        self._want: Want | None = None
        self._client: KubeClient | None = None
        self._manifests: KubeManifests | None = None

    async def observe(self) -> Seen:
        if self._want is None or self._manifests is None:
            return Seen()
        try:
            observed = await self._manifests.observe(self._want.objects)
        except TransientError as err:
            raise TransientError(str(err), retry_after=_AGAIN) from err
        return Seen(want=self._want, observed=observed)

    async def apply(self, action: Action) -> None:
        if isinstance(action, Want):
            await self._turn_to(action)
        elif self._manifests is not None:
            await self._manifests.apply(action)

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
