"""The DNS server of this node: where it listens, whom it asks, which names it knows itself."""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct


class Host(Struct, frozen=True, kw_only=True, order=True):
    """name: without a dot at its end, lower case."""

    name: str
    addresses: tuple[str, ...]


class Upstream(Struct, frozen=True, kw_only=True):
    """healthy: it answered, or was not asked, or failed a while ago."""

    address: str
    healthy: bool = True


class Resolving(Struct, frozen=True, kw_only=True):
    """listening: socket addresses, as `127.0.0.53:53`, ascending; each serves UDP and TCP."""

    listening: tuple[str, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    hosts: tuple[Host, ...] = ()


class Listen(Struct, frozen=True, kw_only=True):
    address: str


class Close(Struct, frozen=True, kw_only=True):
    address: str


class Forward(Struct, frozen=True, kw_only=True):
    """Ask these servers, in this order; what was kept of others is forgotten."""

    upstreams: tuple[str, ...]


class Know(Struct, frozen=True, kw_only=True):
    hosts: tuple[Host, ...]


Action = Listen | Close | Forward | Know


class DnsServer(Protocol):
    def observe(self) -> Resolving: ...

    async def apply(self, action: Action) -> None:
        """Raises OSError: EADDRINUSE."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when an upstream's health changed."""
        ...
