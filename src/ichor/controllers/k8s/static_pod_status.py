"""StaticPodStatus: what became of the static pods, as their mirrors tell.

ports.static_pod_status ─► k8s/StaticPodStatus `namespace/name`
"""

from collections.abc import Iterator

from ichor.cosi.controller import Out, Source
from ichor.ports.static_pod_status import StaticPodStatuses as Port
from ichor.ports.static_pod_status import Statuses
from ichor.resources.k8s.static_pod import StaticPodStatus


def reconcile(statuses: Statuses) -> Iterator[tuple[str, StaticPodStatus]]:
    for id, status in statuses.items():
        yield id, StaticPodStatus(pod_status=status)


def static_pod_status(port: Port) -> Source[Statuses]:
    return Source(
        name="k8s.StaticPodStatus",
        outputs=[Out(StaticPodStatus)],
        snapshots=port.snapshots,
        reconcile=reconcile,
    )
