"""A TCP balancer on loopback: connections go to the first target that takes them."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from msgspec import Struct


class Target(NamedTuple):
    host: str
    port: int


class Seen(Struct, frozen=True, kw_only=True):
    """A target and whether its last dial succeeded; not, while nobody tried."""

    target: Target
    healthy: bool = False


class Balancing(Struct, frozen=True, kw_only=True):
    """listening: `127.0.0.1:7445`, empty for not at all."""

    listening: str = ""
    targets: tuple[Seen, ...] = ()


class Listen(Struct, frozen=True, kw_only=True):
    """Listen there and nowhere else; empty for nowhere."""

    address: str


class Direct(Struct, frozen=True, kw_only=True):
    """Take these targets; connections to others live on."""

    targets: tuple[Target, ...]


Action = Listen | Direct


class Balancer(Protocol):
    def observe(self) -> Balancing: ...

    async def apply(self, action: Action) -> None:
        """Raises OSError: EADDRINUSE."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when a target's health changed."""
        ...
