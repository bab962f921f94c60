"""Rules that choose a routing table: wanted and present."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Prefix, RoutingTable
from ichor.resources.network.kinds import Family, Layer, RoutingRuleAction


class RoutingRuleSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="RoutingRuleSpecs.net.talos.dev",
        namespace="network",
        aliases=("routingrulespec", "rrs"),
    )
    family: Family = Family.INET4
    src: Prefix = ""
    dst: Prefix = ""
    table: RoutingTable = "unspec"
    priority: int = 0
    action: RoutingRuleAction = RoutingRuleAction.UNSPEC
    iif_name: OmitEmpty[str] = ""
    oif_name: OmitEmpty[str] = ""
    fw_mark: OmitEmpty[int] = 0
    fw_mask: OmitEmpty[int] = 0
    layer: Layer = Layer.DEFAULT


class RoutingRuleStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="RoutingRuleStatuses.net.talos.dev",
        namespace="network",
        aliases=("routingrule", "routingrules", "routingrulestatus", "rrs"),
        columns={"Src": "{.src}", "Dst": "{.dst}", "Table": "{.table}", "Priority": "{.priority}"},
    )
    family: Family = Family.INET4
    src: Prefix = ""
    dst: Prefix = ""
    table: RoutingTable = "unspec"
    priority: int = 0
    action: RoutingRuleAction = RoutingRuleAction.UNSPEC
    iif_name: OmitEmpty[str] = ""
    oif_name: OmitEmpty[str] = ""
    fw_mark: OmitEmpty[int] = 0
    fw_mask: OmitEmpty[int] = 0
