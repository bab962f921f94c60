"""What controllers and operations want from etcd, in values.

Every call raises TransientError when the member does not answer or is not ready for it,
Conflict when the cluster is not in the state the call asks for, InputError when it is refused.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from msgspec import Struct


class Member(Struct, frozen=True, kw_only=True):
    """name and client_urls are empty until the member has started for the first time."""

    id: int
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...] = ()
    is_learner: bool = False


class Status(Struct, frozen=True, kw_only=True):
    """What one member says of itself; sizes in bytes."""

    member_id: int
    version: str
    storage_version: str
    db_size: int
    db_size_in_use: int
    leader: int
    raft_index: int
    raft_term: int
    raft_applied_index: int
    is_learner: bool
    errors: tuple[str, ...] = ()


class Alarm(NamedTuple):
    """kind: NOSPACE or CORRUPT."""

    member_id: int
    kind: str


class KeyValue(NamedTuple):
    key: bytes
    value: bytes
    mod_revision: int


class Etcd(Protocol):
    async def members(self) -> tuple[Member, ...]: ...

    async def add_learner(self, peer_urls: tuple[str, ...]) -> Member: ...

    async def promote(self, member_id: int) -> None:
        """Make a learner a voter. TransientError until it has caught up; done already is fine."""
        ...

    async def remove(self, member_id: int) -> None:
        """Remove a member; one that is gone already is fine."""
        ...

    async def move_leader(self, member_id: int) -> None: ...

    async def status(self) -> Status: ...

    async def alarms(self) -> tuple[Alarm, ...]: ...

    async def disarm(self, alarm: Alarm) -> None: ...

    async def defragment(self) -> None:
        """Defragment the connected member, which answers nobody meanwhile."""
        ...

    def snapshot(self) -> AsyncIterator[bytes]:
        """Yield the database file followed by its 32 bytes of SHA-256."""
        ...

    async def get(self, key: bytes, *, serializable: bool = False) -> KeyValue | None: ...

    async def put(self, key: bytes, value: bytes) -> int:
        """Write a key; gives the revision."""
        ...

    async def put_if(self, key: bytes, value: bytes, *, mod_revision: int) -> bool:
        """Write a key if it is still at that revision (0: absent); says whether it was."""
        ...

    def lock(self, name: bytes, *, ttl_s: int = 30) -> AbstractAsyncContextManager[bytes]:
        """Hold a named lock while inside; it is lost to others ttl_s after this process dies."""
        ...
