"""Operator: what each Ethernet device does by itself: it comes up, and asks for a lease.

    network/LinkStatus (all)        ─┐
    network/PlatformConfig "active" ─┴─► network/LinkSpec, network/OperatorSpec "dhcp4/<link>"

What the platform says of a device holds instead: only then does it know whether there is a lease.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.network.ids import DEFAULT_ROUTE_METRIC, PLATFORM_CONFIG_ACTIVE_ID
from ichor.resources.network.kinds import OperatorKind
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, OperatorSpec
from ichor.resources.network.platform import PlatformConfig


class Inputs(Struct, frozen=True, kw_only=True):
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    platform: Annotated[PlatformConfig | None, Get("network", PLATFORM_CONFIG_ACTIVE_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    platform = inputs.platform or PlatformConfig()
    said = {one.name: one for one in platform.links}
    for name, link in inputs.links.items():
        if is_device(link) and name not in said:
            yield name, LinkSpec(name=name, up=True, type="ether")
            yield f"dhcp4/{name}", leasing(name)
    yield from said.items()
    for one in platform.operators:
        yield f"{one.operator.value}/{one.link_name}", one


def leasing(name: str) -> OperatorSpec:
    return OperatorSpec(
        operator=OperatorKind.DHCP4,
        link_name=name,
        require_up=True,
        dhcp4=DHCP4Operator(route_metric=DEFAULT_ROUTE_METRIC),
    )


def is_device(link: LinkStatus) -> bool:
    return link.type == "ether" and not link.kind and not link.master_index


operators = Transform(
    name="network.Operator",
    inputs=Inputs,
    outputs=[Out(LinkSpec), Out(OperatorSpec)],
    reconcile=reconcile,
)
