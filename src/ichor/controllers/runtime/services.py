"""Services: what should run runs, as it should, and nothing else does.

    runtime/ServiceSpec (all)          ─┐
    runtime/ServiceHold, PodStop (all) ─┴─► plan ─► Start, Stop, Forget ─► runtime/ServiceStatus

Whether a service may run yet is the question of whoever writes its spec: a spec that is there is
a service that should run now, unless it is held. What is held stops by tiers, so that nothing
loses what it stands on: the kubelet, etcd, other containers, containerd, daemons, apid, through
which clients watch it all. Stopping the pods holds the kubelet, which would start them again.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.service import Action, Forget, Service, Services, Start, State, Stop
from ichor.resources.runtime.ending import PodStop, ServiceHold
from ichor.resources.runtime.service_spec import NAMESPACE, Image, ServiceSpec
from ichor.resources.runtime.service_status import ServiceEvent, ServiceStatus


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, ServiceSpec], All(NAMESPACE)] = {}
    holds: Annotated[Mapping[str, ServiceHold], All(NAMESPACE)] = {}
    pods: Annotated[Mapping[str, PodStop], All(NAMESPACE)] = {}


Observed = Mapping[str, Service]
KUBELET = "kubelet"
AT_REST = frozenset({State.FINISHED, State.FAILED, State.SKIPPED})


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    for id in sorted(observed.keys() - inputs.wanted.keys()):
        if observed[id].state in AT_REST:
            yield Forget(id=id)
        elif observed[id].state is not State.STOPPING:
            yield Stop(id=id)
    yield from map(_stop, next_tier(inputs, observed))
    for id, spec in inputs.wanted.items():
        if not is_held(inputs, id) and (id not in observed or observed[id].spec != spec):
            yield Start(spec=spec)


def _stop(id: str) -> Stop:
    return Stop(id=id)


def is_held(inputs: Inputs, id: str) -> bool:
    if inputs.pods and id == KUBELET:
        return True
    return any(not hold.services or id in hold.services for hold in inputs.holds.values())


def next_tier(inputs: Inputs, observed: Observed) -> Iterator[str]:
    """Give what is to be stopped first of all that is held and runs, ids ascending."""
    held = [
        id
        for id in sorted(observed.keys() & inputs.wanted.keys())
        if observed[id].state not in AT_REST and is_held(inputs, id)
    ]
    first = min(map(tier, map(observed.__getitem__, held)), default=0)
    return (id for id in held if tier(observed[id]) == first)


def tier(service: Service) -> int:
    known = {KUBELET: 0, "etcd": 1, "containerd": 3, "apid": 5}
    return known.get(service.spec.id, 2 if isinstance(service.spec.program, Image) else 4)


def report(inputs: Inputs, observed: Observed) -> Iterator[Yield]:
    for id, service in observed.items():
        yield (
            id,
            ServiceStatus(
                state=service.state.value,
                pid=service.pid,
                starts=service.starts,
                exit=str(service.exit) if service.exit else "",
                events=tuple(
                    ServiceEvent(state=event.state.value, message=event.message, at=event.at)
                    for event in service.events
                ),
            ),
        )


def services(port: Services) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="runtime.Services",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(ServiceStatus)],
        report=report,
    )
