"""DefaultLink: what an Ethernet device does by itself: it comes up, and asks for a lease.

    network/LinkStatus (all) ─┐
    network/ActiveConfig     ─┼─► network-config/LinkSpec "default/<link>"
    runtime/KernelCmdline    ─┤   network-config/OperatorSpec "default/dhcp4/<link>"
    network/PlatformConfig   ─┘

Nobody asks on a device that the configuration, the platform or the command line speaks of, nor on
a port of something else. One that the command line says is to be ignored is not touched by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.dhcp import DHCPv4Config, DHCPv6Config
from ichor.config.documents.link import LinkConfig
from ichor.controllers.network import arguments
from ichor.controllers.network.arguments import Arguments
from ichor.controllers.network.link_config import links, ports
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import (
    CONFIG_NAMESPACE_NAME,
    DEFAULT_ROUTE_METRIC,
    PLATFORM_CONFIG_ACTIVE_ID,
)
from ichor.resources.network.kinds import OperatorKind
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import DHCP4Operator, OperatorSpec
from ichor.resources.network.platform import PlatformConfig
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID


class Inputs(Struct, frozen=True, kw_only=True):
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None
    line: Annotated[KernelCmdline | None, Get("runtime", KERNEL_CMDLINE_ID)] = None
    platform: Annotated[PlatformConfig | None, Get("network", PLATFORM_CONFIG_ACTIVE_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    given = arguments.read(inputs.line.cmdline if inputs.line else "")
    configured = spoken_of(inputs.config.value) if inputs.config else frozenset[str]()
    names = devices(inputs.links)
    platform = frozenset(one.name for one in inputs.platform.links) if inputs.platform else ()
    taken = configured.union(argued_about(given, names), platform)
    for name in names:
        if name in given.ignored:
            continue
        spec = LinkSpec(name=name, up=True, type="ether")
        yield Output(id=f"default/{name}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)
        if name not in taken and not inputs.links[name].master_index:
            id = f"default/dhcp4/{name}"
            yield Output(id=id, spec=asking(name), namespace=CONFIG_NAMESPACE_NAME)


def devices(links: Mapping[str, LinkStatus]) -> list[str]:
    """Give the Ethernet devices, the first first."""
    return sorted((name for name, link in links.items() if is_device(link)), key=natural)


def natural(name: str) -> tuple[str, int]:
    """Sort eth10 behind eth9."""
    bare = name.rstrip("0123456789")
    return bare, int(name[len(bare) :] or 0)


def argued_about(given: Arguments, names: Sequence[str]) -> frozenset[str]:
    """Give the devices that the command line gives something to do."""
    ports = {port for bond in given.bonds for port in bond.ports}
    for one in given.ips:
        ports |= {*names} if one.is_for_all else {one.link or (names[0] if names else "")}
    return frozenset(ports)


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
