"""Where a configuration may come from: the platform is asked, what was found becomes a generation.

Asking goes on by itself, with back-off, until there is an answer or somebody asks otherwise.
"""

from collections.abc import AsyncIterator
from typing import Protocol, TypeAlias

from msgspec import Struct

from ichor.formats.platform import Answer
from ichor.resources.config.source import SourceState


class Platform(Struct, frozen=True, kw_only=True):
    """Whom to ask. name: as of `talos.platform`. url: of `talos.config`, its variables filled in.

    serial: the machine's, where NoCloud has its word.
    """

    name: str
    url: str = ""
    serial: str = ""


class Progress(Struct, frozen=True, kw_only=True):
    """How far asking is. asked: None while nobody was. remote: what is tried now is on the network.

    answer: the last one; without asking it is that of an earlier boot, if there was one.
    """

    asked: Platform | None = None
    state: SourceState = SourceState.UNREAD
    detail: str = ""
    tries: int = 0
    remote: bool = False
    answer: Answer | None = None


class Sources(Struct, frozen=True, kw_only=True):
    """taken: names of sources whose configuration is in force. generation: the newest, 0 for none.

    text: of the newest that lasts. settled: only devices that were there are looked at.
    """

    platform: Progress = Progress()
    taken: tuple[tuple[str, SourceState], ...] = ()
    generation: int = 0
    text: str = ""
    settled: bool = False


class Ask(Struct, frozen=True, kw_only=True):
    """Ask the platform. online: there is an address to ask from."""

    platform: Platform
    online: bool


class Refuse(Struct, frozen=True, kw_only=True):
    """What the platform gave is no configuration: it is asked again, later."""

    why: str


class Take(Struct, frozen=True, kw_only=True):
    """Put a source's configuration in force, laid over what was there. generation: its number."""

    source: str
    state: SourceState
    generation: int
    text: str

    def __repr__(self) -> str:
        return f"Take(source={self.source!r}, generation={self.generation})"


class Rest(Struct, frozen=True):
    """Ask no more."""


class Settle(Struct, frozen=True):
    """Wait for no more devices, and look at none that comes from now on: it may be a workload's."""


Action: TypeAlias = Ask | Rest | Refuse | Settle | Take


class ConfigSources(Protocol):
    def observe(self) -> Sources: ...

    def apply(self, action: Action) -> None:
        """Raises Conflict where there is such a generation."""
        ...

    def wakes(self) -> AsyncIterator[None]: ...
