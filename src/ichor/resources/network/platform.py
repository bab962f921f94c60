"""The network as the platform describes it."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, OmitEmpty
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.probe import ProbeSpec
from ichor.resources.network.resolver import ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.time_server import TimeServerSpec
from ichor.resources.runtime.platform import PlatformMetadata


class PlatformConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="PlatformConfigs.net.talos.dev",
        namespace="network",
        aliases=("platformconfig", "pc", "pcs"),
    )
    addresses: tuple[AddressSpec, ...] = ()
    links: tuple[LinkSpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    hostnames: tuple[HostnameSpec, ...] = ()
    resolvers: tuple[ResolverSpec, ...] = ()
    time_servers: tuple[TimeServerSpec, ...] = ()
    operators: tuple[OperatorSpec, ...] = ()
    external_ips: tuple[Address, ...] = field(default=(), name="externalIPs")
    probes: OmitEmpty[tuple[ProbeSpec, ...]] = ()
    metadata: OmitEmpty[PlatformMetadata | None] = None
