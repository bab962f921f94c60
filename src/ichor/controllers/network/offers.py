"""Offers: what layers propose for the same thing, and which of them holds."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ichor.cosi.resource import Resource
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.route import RouteSpec

S = TypeVar("S", AddressSpec, HostnameSpec, RouteSpec)


def rank(offer: Resource[S]) -> tuple[int, str]:
    """Sort by this, the best first: highest layer, then smallest id."""
    return -offer.spec.layer.number, offer.id


def best(offers: Iterable[Resource[S]], name: Callable[[S], str]) -> Iterator[tuple[str, S]]:
    """Give the best offer of each name, by name."""
    found: dict[str, S] = {}
    for offer in sorted(offers, key=rank):
        found.setdefault(name(offer.spec), offer.spec)
    yield from sorted(found.items())
