"""Health: every service that runs and says how, is asked whether it answers.

    runtime/HealthCheck (all)   ─┐
    runtime/ServiceStatus (all) ─┴─► plan ─► Check, Uncheck ─► runtime/HealthStatus

A service that does not run is not asked: it has no health, rather than a bad one.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.health import Action, Check, Health, Uncheck, Watched
from ichor.resources.runtime.service_status import (
    NAMESPACE,
    HealthCheck,
    HealthStatus,
    ServiceStatus,
)


class Inputs(Struct, frozen=True, kw_only=True):
    checks: Annotated[Mapping[str, HealthCheck], All(NAMESPACE)] = {}
    services: Annotated[Mapping[str, ServiceStatus], All(NAMESPACE)] = {}


Observed = Mapping[str, Watched]


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    wanted = {
        id: check
        for id, check in inputs.checks.items()
        if (service := inputs.services.get(id)) is not None and service.is_running
    }
    for id in sorted(observed.keys() - wanted.keys()):
        yield Uncheck(id=id)
    for id, check in wanted.items():
        if id not in observed or observed[id].check != check:
            yield Check(id=id, check=check)


def report(inputs: Inputs, observed: Observed) -> Iterator[Yield]:
    for id, watched in observed.items():
        yield id, watched.status


def health(port: Health) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="runtime.Health",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(HealthStatus)],
        report=report,
    )
