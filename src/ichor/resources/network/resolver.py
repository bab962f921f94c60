"""Name servers: wanted and used; static host entries."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, OmitEmpty, Part
from ichor.resources.network.kinds import DNSProtocol, Layer


class NameServer(Part, frozen=True, kw_only=True, rename="camel"):
    addr: Address = ""
    protocol: DNSProtocol = DNSProtocol.DO53
    tls_server_name: str = ""


class ResolverSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ResolverSpecs.net.talos.dev",
        namespace="network",
        aliases=("resolverspec", "rs"),
        columns={
            "Layer": "{.layer}",
            "Resolvers": "{.dnsServers}",
            "Search Domains": "{.searchDomains}",
        },
    )
    dns_servers: tuple[Address, ...] = ()
    name_servers: OmitEmpty[tuple[NameServer, ...]] = ()
    layer: Layer = Layer.DEFAULT
    search_domains: OmitEmpty[tuple[str, ...]] = ()
    search_domains_overridden: OmitEmpty[bool] = False


class ResolverStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ResolverStatuses.net.talos.dev",
        namespace="network",
        aliases=("resolvers", "resolverstatus", "rs"),
        columns={"Resolvers": "{.dnsServers}", "Search Domains": "{.searchDomains}"},
    )
    dns_servers: tuple[Address, ...] = ()
    name_servers: OmitEmpty[tuple[NameServer, ...]] = ()
    search_domains: tuple[str, ...] = ()


class StaticHost(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="StaticHosts.net.talos.dev",
        namespace="network",
        aliases=("statichost", "sh", "shs"),
        columns={"Addresses": "{.addresses}"},
    )
    addresses: tuple[Address, ...] = ()
