"""etcd asked whether it can do without the member of this node: the adapter of `ports.quorum`.

    mutex of the interface, tried ─► members ─► each one's own status ─► hold the mutex, and go

With it, control planes go one at a time. It is a lease of half a minute, kept alive while its
holder lives: a machine that reboots gives it back by being gone, and is missed by the next check.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from ichor.errors import Conflict, IchorError
from ichor.peers.etcd_local import To
from ichor.ports.etcd import Etcd, Member

MUTEX: Final = b"talos:v1:etcdUpgradeMutex"  # facts/behaviours.md, 10
_PATIENCE_S: Final = 5.0
_HINT: Final = "wait until it is well, or say --force"


class EtcdQuorum:
    """connect: to a member by host and port. is_member: whether this node has one."""

    def __init__(self, connect: To, is_member: Callable[[], bool]) -> None:
        self._connect = connect
        self._is_member = is_member
        self._holding: asyncio.Task[None] | None = None

    async def check(self) -> None:
        if self._is_member():
            async with self._own() as etcd:
                await self._check(etcd)

    async def claim(self, longest: timedelta) -> None:
        if not self._is_member():
            return
        await self._let_go()
        claimed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._holding = asyncio.create_task(self._hold(claimed, longest))
        await claimed

    def release(self) -> None:
        if self._holding is not None:
            self._holding.cancel()

    async def _let_go(self) -> None:
        """End an older claim of our own: what it was for did not come about."""
        if self._holding is not None:
            self._holding.cancel()
            await asyncio.gather(self._holding, return_exceptions=True)

    async def _hold(self, claimed: asyncio.Future[None], longest: timedelta) -> None:
        try:
            async with self._own() as etcd, _locked(etcd):
                await self._check(etcd)
                claimed.set_result(None)
                await asyncio.sleep(longest.total_seconds())
        except IchorError as error:
            if not claimed.done():
                claimed.set_exception(error)
        finally:
            claimed.cancel()  # whoever waits for it is not to wait for ever

    @asynccontextmanager
    async def _own(self) -> AsyncGenerator[Etcd, None]:
        async with self._connect("127.0.0.1", 2379) as etcd:
            yield etcd

    async def _check(self, etcd: Etcd) -> None:
        try:
            members = await etcd.members()
        except IchorError as error:
            raise Conflict(f"etcd does not answer: {error} (hint: {_HINT})") from error
        if reason := shape(members):
            raise Conflict(f"{reason} (hint: {_HINT})")
        asked = await asyncio.gather(*(self._trouble(one) for one in members))
        for one, trouble in zip(members, asked, strict=True):
            if trouble:
                raise Conflict(f"etcd's member {one.name} is not well: {trouble} (hint: {_HINT})")

    async def _trouble(self, member: Member) -> str:
        """Give what a member itself says is wrong; empty if it is well."""
        url = urlsplit(member.client_urls[0])
        try:
            async with (
                asyncio.timeout(_PATIENCE_S),
                self._connect(url.hostname or "", url.port or 2379) as etcd,
            ):
                status = await etcd.status()
        except TimeoutError:
            return "no answer"
        except IchorError as error:
            return str(error)
        return ", ".join(status.errors) or ("" if status.leader else "it has no leader")


def shape(members: tuple[Member, ...]) -> str:
    """Give why a cluster of these members cannot do without one; empty if it can.

    A member alone goes with the whole cluster, which is what its administrator has.
    """
    for one in members:
        if not one.name or not one.client_urls:
            return f"etcd's member {one.id:016x} has not started"
        if one.is_learner:
            return f"etcd's member {one.name} is still learning"
    if len(members) == 2:
        return "etcd has two members, and no quorum without one of them"
    return ""


@asynccontextmanager
async def _locked(etcd: Etcd) -> AsyncGenerator[None, None]:
    """Hold the mutex. Raises Conflict if another has it."""
    lock = etcd.lock(MUTEX)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await lock.__aenter__()
    except TimeoutError:
        raise Conflict("another control plane is being upgraded") from None
    try:
        yield
    finally:
        with suppress(IchorError):
            await lock.__aexit__(None, None, None)
