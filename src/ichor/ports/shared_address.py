"""Elections of who has an address that several control planes share."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct

# Whether this node is the elected one, by the address it stands for.
Standings = Mapping[str, bool]


class Stand(Struct, frozen=True, kw_only=True):
    """Stand for an address, and once elected have it for as long as this node can serve there."""

    address: str


class Withdraw(Struct, frozen=True, kw_only=True):
    """Stand no more; another one is elected at once."""

    address: str


Action = Stand | Withdraw


class Elections(Protocol):
    def observe(self) -> Standings: ...

    async def apply(self, action: Action) -> None: ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when an election was won or lost."""
        ...
