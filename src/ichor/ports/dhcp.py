"""Leases of addresses from the network's DHCP servers, one conversation for each link."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct


class LeasedRoute(Struct, frozen=True, kw_only=True):
    """destination: empty for the default. gateway: empty where it is on the link itself."""

    destination: str = ""
    gateway: str = ""


class Lease(Struct, frozen=True, kw_only=True):
    """address: with its prefix, as `10.0.2.15/24`."""

    address: str
    server: str
    routes: tuple[LeasedRoute, ...] = ()
    name_servers: tuple[str, ...] = ()
    time_servers: tuple[str, ...] = ()
    hostname: str = ""
    domain: str = ""


class Converse(Struct, frozen=True, kw_only=True):
    """Ask for a lease on that link, and keep it."""

    link: str
    mac: str


class Silence(Struct, frozen=True, kw_only=True):
    """Stop asking on that link; its lease is forgotten, not given back."""

    link: str


Action = Converse | Silence


class Leases(Protocol):
    def observe(self) -> Mapping[str, Lease | None]:
        """Give each link that is conversed on, and its lease while it has one."""
        ...

    async def apply(self, action: Action) -> None:
        """Raises OSError where there is no such link."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when a lease came, changed or was lost."""
        ...
