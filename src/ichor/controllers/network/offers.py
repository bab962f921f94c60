"""Offers: what layers propose for the same thing, and which of them holds."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ichor.cosi.resource import Resource
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.routing_rule import RoutingRuleSpec
from ichor.resources.network.time_server import TimeServerSpec

S = TypeVar(
    "S",
    AddressSpec,
    HostnameSpec,
    LinkSpec,
    OperatorSpec,
    RouteSpec,
    RoutingRuleSpec,
    TimeServerSpec,
)


def rank(offer: Resource[S]) -> tuple[int, str]:
    """Sort by this, the best first: highest layer, then smallest id."""
    return -offer.spec.layer.number, offer.id


def best(offers: Iterable[Resource[S]], name: Callable[[S], str]) -> Iterator[tuple[str, S]]:
    """Give the best offer of each name, by name."""
    found: dict[str, S] = {}
    for offer in sorted(offers, key=rank):
        found.setdefault(name(offer.spec), offer.spec)
    yield from sorted(found.items())
