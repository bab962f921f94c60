"""Name servers, search domains, and the resolver on the host (host DNS)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import DNS, IP


class Nameserver(Part, frozen=True, kw_only=True):
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"tlsServerName"})
    address: Annotated[str, IP]
    protocol: Literal["Do53", "DoT", "DoH"] = "Do53"

    def faults(self) -> Iterator[Fault]:
        if self.protocol != "Do53":
            yield Fault("protocol", f"{self.protocol} is known, not supported yet", "use Do53")


class SearchDomains(Part, frozen=True, kw_only=True):
    domains: tuple[Annotated[str, DNS], ...] = ()
    disable_default: bool = False


class HostDNS(Part, frozen=True, kw_only=True):
    enabled: bool = False
    forward_kube_dns_to_host: bool = field(name="forwardKubeDNSToHost", default=False)
    resolve_member_names: bool = False

    def faults(self) -> Iterator[Fault]:
        if not self.enabled and (self.forward_kube_dns_to_host or self.resolve_member_names):
            yield Fault("", "needs enabled: true for the rest to have an effect")


class ResolverConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "ResolverConfig"

    nameservers: tuple[Nameserver, ...] = ()
    search_domains: SearchDomains = field(default_factory=SearchDomains)
    host_dns: HostDNS = field(name="hostDNS", default_factory=HostDNS)
