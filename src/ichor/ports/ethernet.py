"""Cards of links: what they have, and what they are told."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct

from ichor.resources.network.ethernet import EthernetChannels, EthernetRings
from ichor.resources.network.ethernet_status import EthernetStatus
from ichor.resources.network.link_kinds import WOLMode

# By the names of their links. A feature's status: `on` or `off`; `[fixed]` where it cannot be
# changed, `[requested on]` or `[requested off]` where it is not what was asked for.
Cards = Mapping[str, EthernetStatus]


class SetFeatures(Struct, frozen=True, kw_only=True):
    link: str
    features: Mapping[str, bool]


class SetRings(Struct, frozen=True, kw_only=True):
    link: str
    rings: EthernetRings


class SetChannels(Struct, frozen=True, kw_only=True):
    link: str
    channels: EthernetChannels


class SetWake(Struct, frozen=True, kw_only=True):
    """On these, and on nothing else."""

    link: str
    modes: tuple[WOLMode, ...]


Action = SetFeatures | SetRings | SetChannels | SetWake


class Ethernet(Protocol):
    def observe(self) -> Cards: ...

    def apply(self, action: Action) -> None:
        """Raises OSError with the kernel's own words: EOPNOTSUPP, EINVAL, ENODEV."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield when a link came, went or changed."""
        ...
