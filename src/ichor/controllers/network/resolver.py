"""Resolver: the name servers in force.

    network-config/ResolverSpec (all) ─► merge ─► network/ResolverSpec, network/ResolverStatus

Servers come from the highest layer that has any, in the order of its ids; search domains likewise,
where an offer that overrides them counts even with none. The status is there from the start, empty
while nothing is offered: a node without servers is normal, and others need to know it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource, Spec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, RESOLVER_ID
from ichor.resources.network.kinds import Layer
from ichor.resources.network.resolver import NameServer, ResolverSpec, ResolverStatus


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[ResolverSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    offers = [offer.spec for offer in inputs.offers]
    serving = highest(offers, lambda offer: bool(servers_of(offer)))
    searching = highest(
        offers, lambda offer: bool(offer.search_domains) or offer.search_domains_overridden
    )
    servers = tuple(dict.fromkeys(server for one in serving for server in servers_of(one)))
    addresses = tuple(server.addr for server in servers)
    domains = tuple(dict.fromkeys(name for one in searching for name in one.search_domains))
    if offers:
        yield (
            RESOLVER_ID,
            ResolverSpec(
                dns_servers=addresses,
                name_servers=servers,
                layer=max((one.layer for one in offers), key=lambda layer: layer.number),
                search_domains=domains,
            ),
        )
    yield (
        RESOLVER_ID,
        ResolverStatus(dns_servers=addresses, name_servers=servers, search_domains=domains),
    )


def highest(
    offers: Sequence[ResolverSpec], has: Callable[[ResolverSpec], bool]
) -> list[ResolverSpec]:
    """Give the offers of the highest layer in which one has what is asked for."""
    layers: list[Layer] = [offer.layer for offer in offers if has(offer)]
    if not layers:
        return []
    top = max(layer.number for layer in layers)
    return [offer for offer in offers if has(offer) and offer.layer.number == top]


def servers_of(offer: ResolverSpec) -> tuple[NameServer, ...]:
    return offer.name_servers or tuple(NameServer(addr=address) for address in offer.dns_servers)


resolver = Transform(
    name="network.Resolver",
    inputs=Inputs,
    outputs=[Out(ResolverSpec), Out(ResolverStatus)],
    reconcile=reconcile,
)
