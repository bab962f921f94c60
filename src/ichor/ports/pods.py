"""The containers of pods, as the runtime holds them: seen and ended without asking the kubelet."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from msgspec import Struct


class PodContainer(Struct, frozen=True, kw_only=True):
    """A container that runs. is_sandbox: the one that holds the pod's namespaces."""

    namespace: str
    pod: str
    name: str = ""
    is_sandbox: bool = False


class EndContainers(Struct, frozen=True, kw_only=True):
    """Ask them to end, all at once; what still runs after the grace is killed."""

    ids: tuple[str, ...]
    grace: timedelta


# What runs, by the runtime's id.
Running = Mapping[str, PodContainer]


class Pods(Protocol):
    async def observe(self) -> Running:
        """Give what runs; nothing while the runtime does not answer, for then it can end none."""
        ...

    async def apply(self, action: EndContainers) -> None:
        """Return when they have ended. Raises TransientError."""
        ...
