"""May the bootstrap token ask for certificates yet: the adapter of ports.bootstrap_access.

    kubeconfig of the kubelet ─► it has introduced itself before
    bootstrap token ─► SelfSubjectAccessReview ─► allowed ─► requests of kubelets ─► they are signed
    neither for a minute ─► let it start all the same: static pods need no cluster

An API server answers before its roles are there, and signs only once a controller manager leads. A
kubelet that is refused, or goes unsigned for seconds, pauses for ten, which everybody waits for;
these questions cost a millisecond. Control planes' kubelets ask for their second certificate at
once, so a new cluster always has a request to look at; where none is pending there is no reason
to wait.
"""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from ichor.errors import IchorError
from ichor.formats.jsonvalue import Object, at, text
from ichor.peers import kubeconfig
from ichor.peers.kube import KubeClient
from ichor.ports.clock import Clock
from ichor.ports.kube import Kind

_AGAIN_S: Final = 0.25
_PATIENCE_S: Final = 60.0
REQUEST: Final = Kind("certificates.k8s.io/v1", "CertificateSigningRequest")
SIGNER: Final = "kubernetes.io/kube-apiserver-client-kubelet"
REVIEW: Final[Object] = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {
        "resourceAttributes": {
            "group": "certificates.k8s.io",
            "resource": "certificatesigningrequests",
            "verb": "create",
        }
    },
}


class BootstrapToken:
    """own: the kubelet's kubeconfig. token: the one it is given to begin with."""

    def __init__(self, own: Path, token: Path, clock: Clock) -> None:
        self._own = own
        self._token = token
        self._clock = clock

    async def snapshots(self) -> AsyncIterator[str]:
        since: float | None = None
        while True:
            if self._own.exists():
                break
            if self._token.exists():
                since = self._clock.monotonic() if since is None else since
                if await self._is_allowed():
                    yield "the bootstrap token may ask for a certificate"
                    return
                if self._clock.monotonic() - since > _PATIENCE_S:
                    yield "no cluster answers"
                    return
            await self._clock.sleep(_AGAIN_S)
        yield "it has an identity"

    async def _is_allowed(self) -> bool:
        try:
            found = kubeconfig.read(self._token)
            if found is None:
                return False
            client = KubeClient(found, timeout_s=10)
            try:
                review = await client.create(REVIEW)
                if at(review, "status", "allowed") is not True:
                    return False
                requests = await client.list(REQUEST)
            finally:
                await client.close()
        except (IchorError, OSError):
            return False
        return is_signing(requests.items.values())


def is_signing(requests: Iterable[Object]) -> bool:
    """Tell whether kubelets' requests are being signed; none at all says nothing against it."""
    signed = [
        text(one, "status", "certificate") != ""
        for one in requests
        if text(one, "spec", "signerName") == SIGNER
    ]
    return not signed or any(signed)
