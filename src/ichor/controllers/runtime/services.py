"""Services: what should run runs, as it should, and nothing else does.

    runtime/ServiceSpec (all) ─► plan ─► Start, Stop, Forget ─► runtime/ServiceStatus

Whether a service may run yet is the question of whoever writes its spec: a spec that is there is
a service that should run now.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.service import Action, Forget, Service, Services, Start, State, Stop
from ichor.resources.runtime.service_spec import NAMESPACE, ServiceSpec
from ichor.resources.runtime.service_status import ServiceEvent, ServiceStatus


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, ServiceSpec], All(NAMESPACE)] = {}


Observed = Mapping[str, Service]
AT_REST = frozenset({State.FINISHED, State.FAILED, State.SKIPPED})


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    for id in sorted(observed.keys() - inputs.wanted.keys()):
        if observed[id].state in AT_REST:
            yield Forget(id=id)
        elif observed[id].state is not State.STOPPING:
            yield Stop(id=id)
    for id, spec in inputs.wanted.items():
        if id not in observed or observed[id].spec != spec:
            yield Start(spec=spec)


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
