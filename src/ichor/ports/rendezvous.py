"""Rendezvous: being known to discovery services and knowing whom they know, for as long as asked.

Each service is a session of its own: hello, publish, watch, and all of it again after a loss.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.ports.discovery import Affiliate, Found


class Announce(Struct, frozen=True, kw_only=True):
    """Tell a service of this node and hear of others; replaces what was said there before.

    service: `host:port`. secret: base64 of the 32 bytes that seal the description.
    """

    service: str
    insecure: bool
    cluster_id: str
    secret: Secret
    affiliate: Affiliate


class Leave(Struct, frozen=True, kw_only=True):
    """Have the service forget this node, if it answers, and hear no more of it."""

    service: str


Action = Announce | Leave


class Session(Struct, frozen=True, kw_only=True):
    """said: what is announced, or being announced. error: why nothing is heard, if so.

    found: other nodes as last heard; a silent service takes nobody away.
    """

    said: Announce
    found: Mapping[str, Found] = {}
    error: str = ""


class Rendezvous(Protocol):
    def observe(self) -> Mapping[str, Session]:
        """Give the sessions by service."""
        ...

    async def apply(self, action: Action) -> None: ...

    def wakes(self) -> AsyncIterator[None]:
        """Ring when something was heard."""
        ...
