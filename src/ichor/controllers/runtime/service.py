"""Service: the two facts about a service, as the interface shows them.

    runtime/ServiceStatus (each of both kinds of programs) ─┐
    runtime/HealthStatus (all)                             ─┴─► runtime/Service

A service without a check is healthy while it runs, with its health unknown.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.resources.runtime.service_status import (
    NAMESPACE,
    HealthCheck,
    HealthStatus,
    ServiceStatus,
)
from ichor.resources.v1alpha1.service import Service


class Inputs(Struct, frozen=True, kw_only=True):
    services: Annotated[Mapping[str, ServiceStatus], All(NAMESPACE)] = {}
    checks: Annotated[Mapping[str, HealthCheck], All(NAMESPACE)] = {}
    health: Annotated[Mapping[str, HealthStatus], All(NAMESPACE)] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Service]]:
    for id, status in inputs.services.items():
        answer = inputs.health.get(id, HealthStatus())
        is_checked = id in inputs.checks
        yield (
            id,
            Service(
                running=status.is_running,
                healthy=status.is_running and (answer.healthy if is_checked else True),
                unknown=answer.unknown,
            ),
        )


service = Transform(
    name="runtime.Service", inputs=Inputs, outputs=[Out(Service)], reconcile=reconcile
)
