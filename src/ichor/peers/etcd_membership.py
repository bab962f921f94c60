"""Membership as seen from this node: its data directory, and what a voter says.

Voters are asked with the admin certificate, read anew each time so that it may rotate. No answer
from any of them is an observation too: an empty list.
"""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from ichor.errors import IchorError, TransientError
from ichor.ports.etcd import Etcd, Member
from ichor.ports.membership import (
    Action,
    AddLearner,
    AskAt,
    Cease,
    Decide,
    Discard,
    Leave,
    Membership,
    Promote,
    Remove,
    Start,
)
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import RpcError
from ichor.rpc.tls import ClientTls, Identity, client_context

_PORT: Final = 2379
_LOCAL: Final = "127.0.0.1"
_ANSWER_S: Final = 3.0


class NodeMembership:
    """The adapter of ports.membership. data: etcd's directory; secrets: where `admin.*` lies."""

    def __init__(self, data: Path, secrets: Path) -> None:
        self._data = data
        self._secrets = secrets
        self._hosts: tuple[str, ...] = ()
        self._decided: Start | None = None
        self._members: tuple[Member, ...] = ()
        self._distrust = ""

    async def observe(self) -> Membership:
        return Membership(
            has_data=(self._data / "member").exists(),
            members=await self._ask(),
            voters=self._hosts,
            decided=self._decided,
            distrust=self._distrust,
        )

    async def apply(self, action: Action) -> None:
        match action:
            case AskAt(hosts=hosts):
                self._hosts = hosts
            case Decide(start=start):
                self._decided = start
            case AddLearner(peer_urls=urls):
                async with self._client() as etcd:
                    await etcd.add_learner(urls)
            case Remove(member_id=id):
                async with self._client() as etcd:
                    await etcd.remove(id)
            case Promote(member_id=id):
                async with self._client(self._voters()) as etcd:
                    await etcd.promote(id)
            case Leave():
                await self._leave(action)
            case Cease():
                self._decided = None
            case Discard():
                for entry in self._data.iterdir():
                    shutil.rmtree(entry)

    async def _leave(self, action: Leave) -> None:
        """A leader that is removed is missed for an election; one that hands over is not."""
        with suppress(TransientError):  # a member that does not answer does not lead for long
            async with self._client((_LOCAL,)) as own:
                if (await own.status()).leader == action.member_id:
                    await own.move_leader(action.successor)
        others = tuple(host for host in self._hosts if host != _LOCAL)
        async with self._client(others) as etcd:
            await etcd.remove(action.member_id)

    async def _ask(self) -> tuple[Member, ...]:
        self._distrust = ""
        for host in self._hosts:
            try:
                async with asyncio.timeout(_ANSWER_S), self._client((host,)) as etcd:
                    self._members = await etcd.members()
                    self._distrust = ""
                    return self._members
            except (IchorError, RpcError, OSError, TimeoutError) as err:
                self._distrust = distrust(err) or self._distrust
        return ()

    def _voters(self) -> tuple[str, ...]:
        """Give hosts of voters: a learner refuses to promote."""
        urls = [url for m in self._members if not m.is_learner for url in m.client_urls]
        named = {url.partition("://")[2].rpartition(":")[0].strip("[]") for url in urls}
        return tuple(host for host in sorted(named) if host) or self._hosts

    @asynccontextmanager
    async def _client(self, hosts: Sequence[str] = ()) -> AsyncIterator[Etcd]:
        from ichor.peers.etcd import EtcdClient  # control planes only, 440 KiB

        targets = [TcpTarget(host, _PORT, self._tls()) for host in hosts or self._hosts]
        channel = Channel(targets)
        try:
            yield EtcdClient(channel)
        finally:
            await channel.close()

    def _tls(self) -> ClientTls:
        def read(name: str) -> bytes:
            return (self._secrets / name).read_bytes()

        identity = Identity(read("admin.crt"), read("admin.key"))
        return ClientTls(client_context(read("ca.crt"), identity))


def distrust(error: BaseException | None) -> str:
    """Give what TLS said against a certificate, if that is what an error came from."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return str(error)
        error = error.__cause__
    return ""
