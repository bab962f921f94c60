"""RuleConfig: rules that the configuration offers; for both families where it names none.

network/ActiveConfig ─► network-config/RoutingRuleSpec "configuration/<family>/<priority>"
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.routing import RoutingRuleConfig
from ichor.controllers.network.rule import name_of
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Family, Layer, RoutingRuleAction
from ichor.resources.network.routing_rule import RoutingRuleSpec


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    given = inputs.config.value.named(RoutingRuleConfig) if inputs.config else {}
    for document in given.values():
        for family in families(document):
            spec = rule_spec(document, family)
            id = f"configuration/{name_of(spec)}"
            yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def families(document: RoutingRuleConfig) -> tuple[Family, ...]:
    named = "".join(text for text in (document.src, document.dst) if text)
    if not named:
        return Family.INET4, Family.INET6
    return (Family.INET6 if ":" in named else Family.INET4,)


def rule_spec(document: RoutingRuleConfig, family: Family) -> RoutingRuleSpec:
    return RoutingRuleSpec(
        family=family,
        src=network(document.src),
        dst=network(document.dst),
        table=document.table,
        priority=int(document.name),
        action=RoutingRuleAction.named(document.action),
        iif_name=document.iif_name or "",
        oif_name=document.oif_name or "",
        fw_mark=document.fw_mark or 0,
        fw_mask=document.fw_mask or 0,
        layer=Layer.CONFIGURATION,
    )


def network(text: str | None) -> str:
    found = ip_network(text, strict=False) if text else None
    return str(found) if found is not None and found.prefixlen else ""


rule_config = Transform(
    name="network.RoutingRuleConfig",
    inputs=Inputs,
    outputs=[Out(RoutingRuleSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
