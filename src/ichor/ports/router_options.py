"""What routers advertise beside routes and prefixes, which the kernel takes itself."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct


class Advertised(Struct, frozen=True, kw_only=True):
    """servers: a link-local one with its link, as `fe80::1%eth0`."""

    servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class RouterAdvertisements(Protocol):
    def snapshots(self) -> AsyncIterator[Mapping[str, Advertised]]:
        """Yield what holds, by link, and again when something is heard, taken back or ends."""
        ...
