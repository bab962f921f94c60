"""ResolverConfig: name servers and search domains that the configuration offers.

    config/ActiveConfig       ─┐
    network/HostnameStatus    ─┴─► network-config/ResolverSpec "configuration/resolvers"

The node's own domain is searched first, unless that is turned off. There is no default server: a
node asks nobody that its user did not name, and what a platform offers is a layer of its own.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.resolver import ResolverConfig
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, HOSTNAME_ID
from ichor.resources.network.kinds import DNSProtocol, Layer
from ichor.resources.network.resolver import NameServer, ResolverSpec

_PROTOCOLS = {protocol.value: protocol for protocol in DNSProtocol}


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    hostname: Annotated[HostnameStatus | None, Get("network", HOSTNAME_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    document = inputs.config.value.one(ResolverConfig) if inputs.config else None
    domains = search_domains(document, inputs.hostname)
    servers = document.nameservers if document else ()
    if servers or domains:
        spec = ResolverSpec(
            dns_servers=tuple(server.address for server in servers),
            name_servers=tuple(
                NameServer(addr=server.address, protocol=_PROTOCOLS[server.protocol])
                for server in servers
            ),
            layer=Layer.CONFIGURATION,
            search_domains=domains,
            search_domains_overridden=bool(document and document.search_domains.disable_default),
        )
        yield Output(id="configuration/resolvers", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def search_domains(
    document: ResolverConfig | None, hostname: HostnameStatus | None
) -> tuple[str, ...]:
    """Give the node's domain and those that are listed, each once."""
    own = hostname.domainname if hostname else ""
    listed = document.search_domains.domains if document else ()
    if document is not None and document.search_domains.disable_default:
        own = ""
    return tuple(dict.fromkeys(((own,) if own else ()) + listed))


resolver_config = Transform(
    name="network.ResolverConfig",
    inputs=Inputs,
    outputs=[Out(ResolverSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
