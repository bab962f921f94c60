"""Health: whoever is named is asked again and again, and the newest answer is kept."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct

from ichor.resources.runtime.service_status import HealthCheck, HealthStatus


class Watched(Struct, frozen=True, kw_only=True):
    check: HealthCheck
    status: HealthStatus


class Check(Struct, frozen=True, kw_only=True):
    """Begin to ask; with another check than before, begin anew as unknown."""

    id: str
    check: HealthCheck


class Uncheck(Struct, frozen=True, kw_only=True):
    id: str


Action = Check | Uncheck


class Health(Protocol):
    def observe(self) -> Mapping[str, Watched]: ...

    def apply(self, action: Action) -> None: ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield after every answer that differs from the one before."""
        ...
