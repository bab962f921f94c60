"""PodStop: every pod ends, the less others need it the earlier.

    runtime/PodStop             ─┐
    runtime/ServiceStatus kubelet ┴─► plan ─► EndContainers ─► runtime/PodStopStatus

Tiers: users' pods, the cluster's own, the control plane, the API server, sandboxes. It begins when
the kubelet rests, for that would start again what it is not told to leave.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.pods import EndContainers, PodContainer, Pods, Running
from ichor.resources.runtime.ending import NAMESPACE, PodStop, PodStopStatus
from ichor.resources.runtime.service_status import ServiceStatus

AT_REST = frozenset({"Finished", "Failed", "Skipped"})
SYSTEM = "kube-system"
CONTROL_PLANE, API_SERVER, SANDBOX = 2, 3, 4
# Of what has nothing of its own to finish: the API server would wait for our watches to end.
LIMITS = {
    CONTROL_PLANE: timedelta(seconds=5),
    API_SERVER: timedelta(seconds=3),
    SANDBOX: timedelta(milliseconds=500),
}
TIERS = {
    "kube-apiserver": API_SERVER,
    "kube-controller-manager": CONTROL_PLANE,
    "kube-scheduler": CONTROL_PLANE,
}


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, PodStop], All(NAMESPACE)] = {}
    kubelet: Annotated[Mapping[str, ServiceStatus], All(NAMESPACE, ids="^kubelet$")] = {}


def plan(inputs: Inputs, observed: Running) -> Iterator[EndContainers]:
    if not inputs.asked or not rests(inputs) or not observed:
        return
    first = min(map(tier, observed.values()))
    ids = tuple(id for id, one in sorted(observed.items()) if tier(one) == first)
    asked = min(one.grace for one in inputs.asked.values())
    yield EndContainers(ids=ids, grace=min(asked, LIMITS.get(first, asked)))


def rests(inputs: Inputs) -> bool:
    return all(status.state in AT_REST for status in inputs.kubelet.values())


def tier(one: PodContainer) -> int:
    if one.is_sandbox:
        return SANDBOX
    if one.namespace != SYSTEM:
        return 0
    return TIERS.get(one.name, 1)


def report(inputs: Inputs, observed: Running) -> Iterator[Yield]:
    if rests(inputs):
        for id in inputs.asked:
            yield id, PodStopStatus(left=len(observed))


def pod_stop(port: Pods) -> Actuator[Inputs, Running, EndContainers]:
    return Actuator(
        name="runtime.PodStop",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(PodStopStatus)],
        report=report,
    )
