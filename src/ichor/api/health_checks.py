"""The checks of a cluster's health, in the order in which they can come true.

Each is a question asked again and again until it is answered well; what it waits for is its
message. This node speaks for its own services; the others are seen through etcd, their API's port,
and Kubernetes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Protocol

from msgspec import Struct

from ichor.cosi.state import State, find, find_all
from ichor.errors import IchorError
from ichor.formats.jsonvalue import Object, objs, strings, text, whole
from ichor.formats.pod import condition as held_condition
from ichor.formats.pod import troubles
from ichor.ports.etcd import Etcd
from ichor.ports.kube import EVERYTHING, Kind, Listing, Select
from ichor.resources.runtime.diagnostic import Diagnostic
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus
from ichor.resources.runtime.service_status import HealthStatus

_API_PORT: Final = 50000
_DIAL_S: Final = 5.0
_NODE, _POD = Kind("v1", "Node"), Kind("v1", "Pod")
_DAEMONS, _DEPLOYMENT = Kind("apps/v1", "DaemonSet"), Kind("apps/v1", "Deployment")
_SYSTEM: Final = "kube-system"
_CONTROL_PLANE: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_LABEL: Final = "node-role.kubernetes.io/control-plane"


class NotYet(Exception):  # noqa: N818 - an outcome, not a fault
    """What is still waited for."""


class Reader(Protocol):
    async def list(self, kind: Kind, select: Select = EVERYTHING) -> Listing: ...


class Nodes(Struct, frozen=True, kw_only=True):
    """Addresses of the machines that should be there."""

    control_planes: tuple[str, ...]
    workers: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.control_planes, *self.workers)


class Check(Struct, frozen=True):
    """name: what is waited for. period_s: between two questions."""

    name: str
    ask: Callable[[], Awaitable[None]]
    period_s: float = 5.0


class Checks:
    def __init__(
        self,
        state: State,
        nodes: Nodes,
        etcd: Callable[[], AbstractAsyncContextManager[Etcd]],
        kube: Callable[[], AbstractAsyncContextManager[Reader]],
    ) -> None:
        self._state = state
        self._nodes = nodes
        self._etcd = etcd
        self._kube = kube

    def all(self) -> Sequence[Check]:
        return (
            Check("etcd to be healthy", lambda: self._service("etcd")),
            Check("etcd members to be consistent", self._etcd_consistent),
            Check("etcd members to be control plane nodes", self._etcd_members),
            Check("apid to be ready", self._apid),
            Check("no diagnostics", self._diagnostics),
            Check("kubelet to be healthy", lambda: self._service("kubelet")),
            Check("all nodes to finish boot sequence", self._booted),
            Check("all k8s nodes to report", self._reported, 30.0),
            Check("all control plane static pods to be running", self._static_pods),
            Check("all k8s nodes to report ready", self._ready),
            Check("kube-proxy to report ready", lambda: self._daemons("kube-proxy")),
            Check("coredns to report ready", lambda: self._deployment("coredns")),
            Check("all k8s nodes to report schedulable", self._schedulable),
        )

    async def _service(self, id: str) -> None:
        health = find(self._state, HealthStatus, id)
        if health is None:
            raise NotYet(f"{id} does not run")
        if not health.spec.healthy:
            raise NotYet(health.spec.message or f"{id} is not healthy")

    async def _etcd_consistent(self) -> None:
        async with self._etcd() as etcd:
            members, status = await etcd.members(), await etcd.status()
        if status.errors:
            raise NotYet(", ".join(status.errors))
        _none([str(one.id) for one in members if not one.client_urls], "members not started")
        _none([one.name for one in members if one.is_learner], "members still learning")

    async def _etcd_members(self) -> None:
        async with self._etcd() as etcd:
            members = await etcd.members()
        urls = {
            url.split("//")[-1].rpartition(":")[0] for one in members for url in one.client_urls
        }
        _none([node for node in self._nodes.control_planes if node not in urls], "not members")
        if len(members) != len(self._nodes.control_planes):
            expected = len(self._nodes.control_planes)
            raise NotYet(f"{len(members)} members, {expected} control plane nodes")

    async def _apid(self) -> None:
        answers = await asyncio.gather(*(_dials(node) for node in self._nodes.all))
        silent = [node for node, ok in zip(self._nodes.all, answers, strict=True) if not ok]
        _none(silent, "apid does not answer on")

    async def _diagnostics(self) -> None:
        _none([one.spec.message for one in find_all(self._state, Diagnostic)], "diagnostics")

    async def _booted(self) -> None:
        status = find(self._state, MachineStatus, MACHINE_STATUS_ID)
        if status is not None and status.spec.stage is not MachineStage.RUNNING:
            raise NotYet(f"stage is {status.spec.stage.value}")

    async def _reported(self) -> None:
        known = {address for node in await self._list(_NODE) for address in addresses(node)}
        _none([node for node in self._nodes.all if node not in known], "not in Kubernetes")

    async def _static_pods(self) -> None:
        nodes = [name(node) for node in await self._list(_NODE) if _LABEL in labels(node)]
        pods = {name(pod): pod for pod in await self._list(_POD, Select(namespace=_SYSTEM))}
        wanted = [f"{part}-{node}" for node in nodes for part in _CONTROL_PLANE]
        _none([one for one in wanted if one not in pods], "missing")
        _none([one for one in wanted if not condition(pods[one], "Ready")], "not ready")

    async def _ready(self) -> None:
        nodes = await self._list(_NODE)
        _none([name(node) for node in nodes if not condition(node, "Ready")], "not ready")

    async def _schedulable(self) -> None:
        closed = [name(node) for node in await self._list(_NODE) if _is_cordoned(node)]
        _none(closed, "not schedulable")

    async def _daemons(self, id: str) -> None:
        """An absent one is not wanted here, and no reason to wait."""
        for one in await self._list(_DAEMONS, Select(namespace=_SYSTEM)):
            if name(one) == id:
                wanted = whole(one, "status", "desiredNumberScheduled")
                await self._enough(one, whole(one, "status", "numberReady"), wanted)

    async def _deployment(self, id: str) -> None:
        for one in await self._list(_DEPLOYMENT, Select(namespace=_SYSTEM)):
            if name(one) == id:
                ready = whole(one, "status", "readyReplicas")
                await self._enough(one, ready, whole(one, "spec", "replicas"))

    async def _enough(self, workload: Object, ready: int, wanted: int) -> None:
        if ready < max(wanted, 1):
            pods = await self._list(_POD, Select(namespace=_SYSTEM))
            lack = f"{ready} of {wanted} ready"
            raise NotYet("; ".join(filter(None, (lack, troubles(workload, pods)))))

    async def _list(self, kind: Kind, select: Select = EVERYTHING) -> Sequence[Object]:
        async with self._kube() as kube:
            return tuple((await kube.list(kind, select)).items.values())


async def passes(check: Check) -> str:
    """Ask once; gives what is still waited for, empty for nothing."""
    try:
        await check.ask()
    except NotYet as wait:
        return str(wait)
    except (IchorError, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def _none(found: Iterable[str], what: str) -> None:
    names = list(found)
    if names:
        raise NotYet(f"{what}: {', '.join(names)}")


async def _dials(host: str) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_DIAL_S):
            _, writer = await asyncio.open_connection(host, _API_PORT)
            writer.close()
            return True
    return False


def name(item: Object) -> str:
    return text(item, "metadata", "name")


def labels(item: Object) -> Iterable[str]:
    return strings(item, "metadata", "labels")


def addresses(node: Object) -> Iterable[str]:
    return (text(one, "address") for one in objs(node, "status", "addresses"))


def condition(item: Object, kind: str) -> bool:
    return text(held_condition(item, kind), "status") == "True"


def _is_cordoned(node: Object) -> bool:
    spec = node.get("spec")
    return isinstance(spec, dict) and spec.get("unschedulable") is True
