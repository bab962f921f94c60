"""RuleApply: the kernel has the rules it should have.

    network/RoutingRuleSpec (all), what the kernel has ─► plan ─► Add, Delete

Ours bear our protocol number; all others are left alone.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.link_kind import table_number
from ichor.controllers.network.route_apply import STATIC
from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Add, Delete, Network, Networks, Rule
from ichor.resources.network.kinds import Family, RoutingRuleAction
from ichor.resources.network.routing_rule import RoutingRuleSpec

_ALL_BITS = 0xFFFFFFFF


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[RoutingRuleSpec], All("network")] = ()


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    wanted = [kernel_rule(spec) for spec in inputs.wanted]
    for present in network.rules:
        if present.protocol == STATIC and present not in wanted:
            yield Delete(what=present)
    for one in wanted:
        if one not in network.rules:
            yield Add(what=one)


def kernel_rule(spec: RoutingRuleSpec) -> Rule:
    goes_on = spec.action in (RoutingRuleAction.UNICAST, RoutingRuleAction.UNSPEC)
    return Rule(
        priority=spec.priority,
        table=table_number(spec.table) if goes_on else 0,
        source=spec.src,
        destination=spec.dst,
        incoming=spec.iif_name,
        outgoing=spec.oif_name,
        mark=spec.fw_mark,
        mask=spec.fw_mask or (_ALL_BITS if spec.fw_mark else 0),
        action=spec.action.number or RoutingRuleAction.UNICAST.number,
        protocol=STATIC,
        ipv6=spec.family is Family.INET6,
    )


def rule_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.RoutingRuleApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        apart=True,
    )
