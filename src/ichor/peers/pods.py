"""Pods through containerd: the adapter of `ports.pods.Pods`.

What a container is stands in the labels that CRI gives it.
"""

import asyncio
from typing import Final

from ichor.errors import IchorError, NotFound
from ichor.log import fields, logger
from ichor.ports.containers import Containers, Running
from ichor.ports.pods import EndContainers, PodContainer
from ichor.ports.pods import Running as RunningPods
from ichor.rpc.status import RpcError

log = logger(__name__)
_KIND: Final = "io.cri-containerd.kind"
_LABEL: Final = "io.kubernetes"
_ENDED: Final = frozenset({"unknown", "stopped"})


class ContainerdPods:
    """containers: those of the namespace that CRI keeps its own in."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    async def observe(self) -> RunningPods:
        try:
            found = await self._containers.list()
        except (IchorError, RpcError, OSError):
            return {}
        return {one.id: pod_container(one) for one in found if one.status not in _ENDED}

    async def apply(self, action: EndContainers) -> None:
        async with asyncio.TaskGroup() as group:
            for id in action.ids:
                group.create_task(self._end(id, action.grace.total_seconds()))

    async def _end(self, id: str, grace_s: float) -> None:
        try:
            ended = await self._containers.stop(id, grace_s=grace_s)
        except NotFound:  # CRI tidied up first
            ended = None
        status = ended.status if ended else "unknown"
        log.info("container of a pod ended", extra=fields(id=id[:12], status=status))


def pod_container(one: Running) -> PodContainer:
    labels = one.labels
    return PodContainer(
        namespace=labels.get(f"{_LABEL}.pod.namespace", ""),
        pod=labels.get(f"{_LABEL}.pod.name", ""),
        name=labels.get(f"{_LABEL}.container.name", ""),
        is_sandbox=labels.get(_KIND) == "sandbox",
    )
