"""How this run of the machine will end, once that is decided; carried out when nothing runs."""

from typing import Protocol

from msgspec import Struct

from ichor.ports.power import Ending


class Fate(Struct, frozen=True, kw_only=True):
    """ending: None while it goes on. wipe: volumes to empty last."""

    ending: Ending | None = None
    wipe: frozenset[str] = frozenset()


class Fates(Protocol):
    def observe(self) -> Fate: ...

    def apply(self, action: Fate) -> None:
        """Have it so; with an ending, the run is over soon after."""
        ...
