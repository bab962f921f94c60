"""Operator: what each Ethernet device does by itself: it comes up, and asks for a lease.

network/LinkStatus (all) ─► network/LinkSpec, network/OperatorSpec "dhcp4/<link>"
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.network.ids import DEFAULT_ROUTE_METRIC
from ichor.resources.network.kinds import OperatorKind
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, OperatorSpec


class Inputs(Struct, frozen=True, kw_only=True):
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    for name, link in inputs.links.items():
        if is_device(link):
            yield name, LinkSpec(name=name, up=True, type="ether")
            yield (
                f"dhcp4/{name}",
                OperatorSpec(
                    operator=OperatorKind.DHCP4,
                    link_name=name,
                    require_up=True,
                    dhcp4=DHCP4Operator(route_metric=DEFAULT_ROUTE_METRIC),
                ),
            )


def is_device(link: LinkStatus) -> bool:
    return link.type == "ether" and not link.kind and not link.master_index


operators = Transform(
    name="network.Operator",
    inputs=Inputs,
    outputs=[Out(LinkSpec), Out(OperatorSpec)],
    reconcile=reconcile,
)
