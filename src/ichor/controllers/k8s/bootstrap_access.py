"""BootstrapAccess: a kubelet without a certificate starts when the cluster will give it one.

ports.bootstrap_access ─► k8s/BootstrapAccess "kubelet"
"""

from collections.abc import Iterator

from ichor.cosi.controller import Out, Source
from ichor.ports import bootstrap_access as ports
from ichor.resources.k8s.bootstrap_access import ID, BootstrapAccess


def reconcile(reason: str) -> Iterator[tuple[str, BootstrapAccess]]:
    yield ID, BootstrapAccess(reason=reason)


def bootstrap_access(port: ports.BootstrapAccess) -> Source[str]:
    return Source(
        name="k8s.BootstrapAccess",
        outputs=[Out(BootstrapAccess)],
        snapshots=port.snapshots,
        reconcile=reconcile,
    )
