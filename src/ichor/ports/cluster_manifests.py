"""The cluster's manifests as one control plane sees them: with its own credentials, on loopback."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.formats.jsonvalue import Object
from ichor.ports.manifests import Apply, Observed


class Access(Struct, frozen=True, kw_only=True):
    """host, port of the API server. ca, cert, key: PEM."""

    host: str
    port: int
    ca: str
    cert: str
    key: Secret


class Want(Struct, frozen=True, kw_only=True):
    """Look for these from now on."""

    objects: Sequence[Object]
    access: Access


class Seen(Struct, frozen=True, kw_only=True):
    """want: what is looked for; observed: None while nothing is."""

    want: Want | None = None
    observed: Observed | None = None


Action = Want | Apply


class ClusterManifests(Protocol):
    async def observe(self) -> Seen:
        """Raises TransientError while the API server does not answer."""
        ...

    async def apply(self, action: Action) -> None:
        """Raises TransientError also when another control plane was at it: look again."""
        ...
