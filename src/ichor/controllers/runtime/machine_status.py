"""MachineStatus: the stage a machine is in, and what it lacks to be ready.

    runtime/OperationStatus (all)                     ─► the stage: the operation begun last
    config/ConfigSource (all)                         ─► no maintenance while a server is asked
    time, network, services, static pods, the Node    ─► ready, or the conditions that are not met

Conditions count while it boots and runs; who is on the way out is not ready, and needs no reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, cast

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.operation import OperationStatus, State
from ichor.formats.jsonvalue import Object, objs, text
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.config.source import ConfigSource, is_sought
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.node import Nodename, NodeStatus
from ichor.resources.k8s.static_pod import StaticPod, StaticPodStatus
from ichor.resources.network.ids import STATUS_ID as NETWORK_STATUS_ID
from ichor.resources.network.status import NetworkStatus
from ichor.resources.runtime.essential import CONTROL_PLANES, services_of
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus, Readiness, UnmetCondition
from ichor.resources.time.ids import STATUS_ID as TIME_STATUS_ID
from ichor.resources.time.status import TimeStatus
from ichor.resources.v1alpha1.service import Service

STAGES = {
    "initialize": MachineStage.BOOTING,
    "boot": MachineStage.BOOTING,
    "reboot": MachineStage.REBOOTING,
    "shutdown": MachineStage.SHUTTING_DOWN,
    "reset": MachineStage.RESETTING,
}
UPGRADING = frozenset({"upgrade", "rebootUpgraded"})  # to what was staged
INSTALLING = frozenset({"install", "waitForReboot"})  # of a boot medium
LIVING = frozenset({MachineStage.BOOTING, MachineStage.RUNNING})
_OVER = frozenset({State.FAILED, State.CANCELED, State.REFUSED})


class Inputs(Struct, frozen=True, kw_only=True):
    journal: Annotated[Mapping[str, OperationStatus], All("runtime")] = {}
    machine: Annotated[MachineType | None, Get("config", MACHINE_TYPE_ID)] = None
    time: Annotated[TimeStatus | None, Get("runtime", TIME_STATUS_ID)] = None
    network: Annotated[NetworkStatus | None, Get("network", NETWORK_STATUS_ID)] = None
    services: Annotated[Mapping[str, Service], All("runtime")] = {}
    pods: Annotated[Mapping[str, StaticPod], All("k8s")] = {}
    pod_statuses: Annotated[Mapping[str, StaticPodStatus], All("k8s")] = {}
    nodename: Annotated[Nodename | None, Get("k8s", NODENAME_ID)] = None
    nodes: Annotated[Mapping[str, NodeStatus], All("k8s")] = {}
    sources: Annotated[Sequence[ConfigSource], All("config")] = ()

    @property
    def kind(self) -> MachineKind:
        return self.machine.type if self.machine else MachineKind.UNKNOWN


def reconcile(inputs: Inputs) -> Iterator[tuple[str, MachineStatus]]:
    now = stage(inputs)
    unmet = tuple(conditions(inputs)) if now in LIVING else ()
    ready = now is MachineStage.RUNNING and not unmet
    yield (
        MACHINE_STATUS_ID,
        MachineStatus(stage=now, status=Readiness(ready=ready, unmet_conditions=unmet)),
    )


def stage(inputs: Inputs) -> MachineStage:
    """Tell by the operation begun last, of those that were let in: an end that failed is none."""
    begun = [one for one in inputs.journal.values() if one.phase >= 0 and one.sequence in STAGES]
    begun = [one for one in begun if one.state not in _OVER or STAGES[one.sequence] in LIVING]
    if not begun:
        return MachineStage.BOOTING
    last = max(begun, key=lambda one: (one.started, one.is_running))
    if last.sequence == "boot" and last.state is State.DONE:
        return MachineStage.RUNNING
    if last.sequence == "initialize" and last.phase_name == "config":
        is_waiting = last.is_running and not is_sought(inputs.sources)
        return MachineStage.MAINTENANCE if is_waiting else MachineStage.BOOTING
    if last.sequence == "initialize" and last.phase_name in INSTALLING and last.is_running:
        return MachineStage.INSTALLING
    if last.sequence == "initialize" and last.phase_name in UPGRADING and last.is_running:
        return MachineStage.UPGRADING
    return STAGES[last.sequence]


def conditions(inputs: Inputs) -> Iterator[UnmetCondition]:
    checks = {
        "time": time(inputs),
        "network": network(inputs),
        "services": services(inputs),
        "staticPods": static_pods(inputs),
        "nodeReady": node_ready(inputs),
    }
    for name, reason in checks.items():
        if reason:
            yield UnmetCondition(name=name, reason=reason)


def time(inputs: Inputs) -> str:
    status = inputs.time
    return "" if status and (status.synced or status.sync_disabled) else "time is not in sync"


def network(inputs: Inputs) -> str:
    status = inputs.network or NetworkStatus()
    parts = {
        "address": status.address_ready,
        "connectivity": status.connectivity_ready,
        "hostname": status.hostname_ready,
        "etc-files": status.etc_files_ready,
    }
    missing = [name for name, is_ready in parts.items() if not is_ready]
    return f"waiting on: {', '.join(missing)}" if missing else ""


def services(inputs: Inputs) -> str:
    problems = []
    for id in sorted(services_of(inputs.kind)):
        service = inputs.services.get(id, Service())
        if not service.running:
            problems.append(f"{id} not running")
        elif not service.healthy:
            problems.append(f"{id} not healthy")
    return ", ".join(problems)


def static_pods(inputs: Inputs) -> str:
    if inputs.kind not in CONTROL_PLANES:
        return ""
    # A status is named by namespace and pod, and the kubelet appends the node's name to a pod's.
    known = inputs.pod_statuses.items()
    ready = {id.partition("/")[2] for id, one in known if is_ready(one.pod_status)}
    node = inputs.nodename.nodename if inputs.nodename else ""
    missing = [id for id in inputs.pods if f"{id}-{node}" not in ready]
    return f"not ready: {', '.join(missing)}" if missing else ""


def is_ready(status: Mapping[str, object]) -> bool:
    conditions = objs(cast("Object", status), "conditions")
    return any(text(one, "type") == "Ready" and text(one, "status") == "True" for one in conditions)


def node_ready(inputs: Inputs) -> str:
    if inputs.nodename is None:
        return "the node has no name yet"
    if inputs.nodename.skip_node_registration:
        return ""
    name = inputs.nodename.nodename
    status = inputs.nodes.get(name)
    if status is None:
        return f'node "{name}" status is not available yet'
    return "" if status.node_ready else f'node "{name}" is not ready'


machine_status = Transform(
    name="runtime.MachineStatus",
    inputs=Inputs,
    outputs=[Out(MachineStatus)],
    reconcile=reconcile,
)
