"""Pods on this node as Kubernetes knows them, to be moved elsewhere before it goes away."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class EvictablePod(Struct, frozen=True, kw_only=True):
    """A pod that can run elsewhere: no static one, none of a DaemonSet, none that is over.

    is_leaving: it was told to go.
    """

    namespace: str
    name: str
    is_leaving: bool = False


class Look(Struct, frozen=True):
    """Observe those that are there now: it costs a question to the API server each time.

    Who comes later has chosen a node that takes no pods, and would be told to go for ever.
    """


class Rest(Struct, frozen=True):
    """Observe none any more."""


class Evict(Struct, frozen=True):
    pods: tuple[EvictablePod, ...]


Action = Look | Rest | Evict
# None while nobody looks.
Evictable = Sequence[EvictablePod] | None


class NodePods(Protocol):
    async def observe(self) -> Evictable:
        """Raises TransientError while the API server does not answer."""
        ...

    async def apply(self, action: Action) -> None:
        """Raises TransientError if one may not go yet; the others were asked nevertheless."""
        ...
