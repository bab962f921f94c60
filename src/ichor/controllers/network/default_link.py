"""DefaultLink: what an Ethernet device does by itself: it comes up, and asks for a lease.

    network/LinkStatus (all) ─┬─► network-config/LinkSpec "default/<link>"
    config/ActiveConfig      ─┘   network-config/OperatorSpec "default/dhcp4/<link>"

Nobody asks on a device that the configuration speaks of, nor on a port of something else.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.dhcp import DHCPv4Config, DHCPv6Config
from ichor.config.documents.link import LinkConfig
from ichor.controllers.network.link_config import links, ports
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, DEFAULT_ROUTE_METRIC
from ichor.resources.network.kinds import OperatorKind
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, OperatorSpec


class Inputs(Struct, frozen=True, kw_only=True):
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    configured = spoken_of(inputs.config.value) if inputs.config else frozenset[str]()
    for name, link in inputs.links.items():
        if is_device(link):
            spec = LinkSpec(name=name, up=True, type="ether")
            yield Output(id=f"default/{name}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)
            if name not in configured and not link.master_index:
                id = f"default/dhcp4/{name}"
                yield Output(id=id, spec=asking(name), namespace=CONFIG_NAMESPACE_NAME)


def is_device(link: LinkStatus) -> bool:
    return link.type == "ether" and not link.kind


def spoken_of(config: Config) -> frozenset[str]:
    """Give the devices that a configuration gives something to do."""
    asked = (*config.named(DHCPv4Config), *config.named(DHCPv6Config))
    taken = (name for document in links(config) for name in ports(document))
    return frozenset((*config.named(LinkConfig), *asked, *taken))


def asking(link: str) -> OperatorSpec:
    return OperatorSpec(
        operator=OperatorKind.DHCP4,
        link_name=link,
        require_up=True,
        dhcp4=DHCP4Operator(route_metric=DEFAULT_ROUTE_METRIC),
    )


default_link = Transform(
    name="network.DefaultLink",
    inputs=Inputs,
    outputs=[Out(LinkSpec, CONFIG_NAMESPACE_NAME), Out(OperatorSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
