"""The node's own DNS server and the servers it asks."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, AddressPort, OmitEmpty


class HostDNSConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="HostDNSConfigs.net.talos.dev",
        namespace="network",
        aliases=("hostdnsconfig", "hdnsc", "hdnscs"),
        columns={"Enabled": "{.enabled}"},
    )
    enabled: bool = False
    listen_addresses: OmitEmpty[tuple[AddressPort, ...]] = ()
    service_host_dns_address: OmitEmpty[Address] = field(default="", name="serviceHostDNSAddress")
    resolve_member_names: OmitEmpty[bool] = False
    service_host_dns_address_v6: OmitEmpty[Address] = field(
        default="", name="serviceHostDNSAddressV6"
    )


class DNSUpstream(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DNSUpstreams.net.talos.dev",
        namespace="network",
        aliases=("dnsupstream", "dnsu", "dnsus"),
        columns={"Healthy": "{.healthy}", "Address": "{.addr}"},
    )
    healthy: bool = False
    addr: str = ""


class DNSResolveCache(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DNSResolveCaches.net.talos.dev",
        namespace="network",
        aliases=("dnsresolvecach", "dnsrc", "dnsrcs"),
        columns={"Status": "{.status}"},
    )
    status: str = ""
