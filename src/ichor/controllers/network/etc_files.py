"""EtcFiles: what the C library and others read about names.

network/HostnameStatus          ─┐
network/NodeAddress "default"   ─┼─► files/EtcFileSpec "hostname", "hosts", "resolv.conf"
network/ResolverStatus          ─┤
network/HostDNSConfig "config"  ─┘

With host DNS the C library asks this node, and this node asks the servers.
"""

from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.documents.static_host import StaticHostConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.network.hostdns import HostDNSConfig
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import (
    HOST_DNS_CONFIG_ID,
    HOSTNAME_ID,
    NODE_ADDRESS_DEFAULT_ID,
    RESOLVER_ID,
)
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.network.resolver import ResolverStatus


class Inputs(Struct, frozen=True, kw_only=True):
    hostname: Annotated[HostnameStatus | None, Get("network", HOSTNAME_ID)] = None
    addresses: Annotated[NodeAddress | None, Get("network", NODE_ADDRESS_DEFAULT_ID)] = None
    resolvers: Annotated[ResolverStatus | None, Get("network", RESOLVER_ID)] = None
    host_dns: Annotated[HostDNSConfig | None, Get("network", HOST_DNS_CONFIG_ID)] = None
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EtcFileSpec]]:
    if inputs.hostname is not None:
        yield "hostname", file(f"{inputs.hostname.hostname}\n")
        yield "hosts", file(hosts(inputs, inputs.hostname))
    if inputs.resolvers is not None:
        yield "resolv.conf", file(resolv_conf(asked(inputs.host_dns, inputs.resolvers)))


def file(text: str) -> EtcFileSpec:
    return EtcFileSpec(contents=text, mode=0o644)


def hosts(inputs: Inputs, hostname: HostnameStatus) -> str:
    """Name loopback, this node, then what the configuration adds, as in man hosts."""
    names = [hostname.hostname]
    if hostname.domainname:
        names.insert(0, f"{hostname.hostname}.{hostname.domainname}")
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    own = inputs.addresses.addresses if inputs.addresses else ()
    lines += [f"{ip_interface(prefix).ip} {' '.join(names)}" for prefix in own]
    static = inputs.config.value.named(StaticHostConfig) if inputs.config else {}
    lines += [f"{address} {' '.join(each.hostnames)}" for address, each in static.items()]
    return "\n".join(lines) + "\n"


def asked(host_dns: HostDNSConfig | None, resolvers: ResolverStatus) -> ResolverStatus:
    """Give whom programs of this node ask: itself if it answers, else the servers."""
    if host_dns is None or not host_dns.enabled:
        return resolvers
    own = host_dns.listen_addresses[0].removesuffix(":53")
    return replace(resolvers, dns_servers=(own,))


def resolv_conf(resolvers: ResolverStatus) -> str:
    """Render resolv.conf(5); the C library reads three servers at most."""
    lines = [f"nameserver {server}" for server in resolvers.dns_servers[:3]]
    if resolvers.search_domains:
        lines.append(f"search {' '.join(resolvers.search_domains)}")
    return "\n".join(lines) + "\n" if lines else ""


etc_files = Transform(
    name="network.EtcFiles", inputs=Inputs, outputs=[Out(EtcFileSpec)], reconcile=reconcile
)
