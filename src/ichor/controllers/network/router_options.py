"""RouterOptions: name servers and search domains that routers advertise.

ports.router_options ─► network-config/ResolverSpec "ra/<link>/resolvers"

An offer of the layer of operators, as of a lease: whoever runs the network says so there.
"""

from collections.abc import Iterator, Mapping

from ichor.cosi.controller import Out, Output, Source
from ichor.ports.router_options import Advertised, RouterAdvertisements
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Layer
from ichor.resources.network.resolver import NameServer, ResolverSpec


def reconcile(advertised: Mapping[str, Advertised]) -> Iterator[Output]:
    for link, said in advertised.items():
        spec = ResolverSpec(
            dns_servers=said.servers,
            name_servers=tuple(NameServer(addr=server) for server in said.servers),
            search_domains=said.domains,
            layer=Layer.OPERATOR,
        )
        yield Output(id=f"ra/{link}/resolvers", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def router_options(port: RouterAdvertisements) -> Source[Mapping[str, Advertised]]:
    return Source(
        name="network.RouterOptions",
        outputs=[Out(ResolverSpec, CONFIG_NAMESPACE_NAME)],
        snapshots=port.snapshots,
        reconcile=reconcile,
    )
