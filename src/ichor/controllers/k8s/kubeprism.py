"""KubePrism: the balancer before the API servers runs as it should.

k8s/KubePrismConfig ─► plan ─► Direct, Listen ─► k8s/KubePrismStatus "k8s-loadbalancer"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, Get, Out
from ichor.ports.balancer import Action, Balancer, Balancing, Direct, Listen, Target
from ichor.resources.k8s.endpoint import KubePrismConfig, KubePrismStatus
from ichor.resources.k8s.ids import KUBEPRISM_CONFIG_ID, KUBEPRISM_STATUSES_ID


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[KubePrismConfig | None, Get("k8s", KUBEPRISM_CONFIG_ID)] = None


def plan(inputs: Inputs, balancing: Balancing) -> Iterator[Action]:
    targets = targets_of(inputs.wanted)
    if tuple(seen.target for seen in balancing.targets) != targets:
        yield Direct(targets=targets)
    address = address_of(inputs.wanted)
    if balancing.listening != address:
        yield Listen(address=address)


def targets_of(wanted: KubePrismConfig | None) -> tuple[Target, ...]:
    endpoints = wanted.endpoints if wanted else ()
    return tuple(Target(one.host, one.port) for one in endpoints)


def address_of(wanted: KubePrismConfig | None) -> str:
    return f"{wanted.host}:{wanted.port}" if wanted else ""


def report(inputs: Inputs, balancing: Balancing) -> Iterator[tuple[str, KubePrismStatus]]:
    if balancing.listening:
        healthy = any(seen.healthy for seen in balancing.targets)
        yield KUBEPRISM_STATUSES_ID, KubePrismStatus(host=balancing.listening, healthy=healthy)


def kubeprism(balancer: Balancer) -> Actuator[Inputs, Balancing, Action]:
    return Actuator(
        name="k8s.KubePrism",
        inputs=Inputs,
        observe=balancer.observe,
        plan=plan,
        apply=balancer.apply,
        wakes=balancer.wakes,
        outputs=[Out(KubePrismStatus)],
        report=report,
    )
