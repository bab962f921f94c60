"""Leases of addresses from the network's DHCP servers, one conversation for each link.

Of DHCPv6 a lease has several addresses, or none where the server only tells of name servers and the
like; its routes are told by router advertisements, which the kernel hears.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct


class LeasedRoute(Struct, frozen=True, kw_only=True):
    """destination: empty for the default. gateway: empty where it is on the link itself."""

    destination: str = ""
    gateway: str = ""


class Lease(Struct, frozen=True, kw_only=True):
    """addresses: with their prefix, as `10.0.2.15/24`. mtu: 0 where nothing is said."""

    addresses: tuple[str, ...]
    server: str
    routes: tuple[LeasedRoute, ...] = ()
    name_servers: tuple[str, ...] = ()
    time_servers: tuple[str, ...] = ()
    hostname: str = ""
    domain: str = ""
    domains: tuple[str, ...] = ()
    mtu: int = 0


class Converse(Struct, frozen=True, kw_only=True):
    """Ask for a lease on that link, and keep it; what was asked there before is forgotten.

    identifier: who asks, in hexadecimal: of DHCPv4 option 61, empty to leave it out; of DHCPv6 the
    DUID. index: which link of that name; one that was made anew has another.
    """

    link: str
    mac: str
    identifier: str
    index: int = 0


class Silence(Struct, frozen=True, kw_only=True):
    """Stop asking on that link; its lease is forgotten, not given back."""

    link: str


class Conversation(Struct, frozen=True, kw_only=True):
    """lease: None while there is none."""

    asked: Converse
    lease: Lease | None = None


Action = Converse | Silence


class Leases(Protocol):
    def observe(self) -> Mapping[str, Conversation]:
        """Give the conversations by their links."""
        ...

    async def apply(self, action: Action) -> None:
        """Raises OSError where there is no such link."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when a lease came, changed or was lost."""
        ...
