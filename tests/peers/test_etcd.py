"""The etcd adapter and the decisions of joining against real etcd members on the loopback."""

import asyncio
import contextlib
import hashlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from tests.peers.components import component

from ichor.controllers.etcd.args import Initial
from ichor.controllers.etcd.join import AddLearner, Node, Remove, Start, promotes, step, successor
from ichor.errors import TransientError
from ichor.peers.etcd import EtcdClient
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget

pytestmark = pytest.mark.cluster
T = TypeVar("T")


class Fleet:
    """Members as processes, each with its directory; everything goes with the fleet."""

    def __init__(self, directory: Path) -> None:
        self.program = component("etcd")
        self.directory = directory
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports: dict[str, tuple[int, int]] = {}
        self.channels: list[Channel] = []

    def node(self, name: str, *, bootstraps: bool = False) -> Node:
        if name not in self.ports:
            self.ports[name] = (free_port(), free_port())
        data = self.directory / name
        return Node(
            name=name,
            peer_urls=(f"http://127.0.0.1:{self.ports[name][1]}",),
            has_data=data.exists(),
            bootstraps=bootstraps,
        )

    def start(self, name: str, initial: Initial | None) -> None:
        client, peer = (f"http://127.0.0.1:{port}" for port in self.ports[name])
        args = [
            *(str(self.program), f"--name={name}", f"--data-dir={self.directory / name}"),
            *(f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
            *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
            "--unsafe-no-fsync",
        ]
        if initial is not None:
            members = ",".join(f"{who}={url}" for who, url in initial.members)
            args += [f"--initial-cluster-state={initial.state}", f"--initial-cluster={members}"]
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(args, stdout=log, stderr=log)

    def client(self, name: str) -> EtcdClient:
        channel = Channel(TcpTarget("127.0.0.1", self.ports[name][0]))
        self.channels.append(channel)
        return EtcdClient(channel)

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    async def close(self) -> None:
        for channel in self.channels:
            await channel.close()
        for name in list(self.processes):
            self.end(name)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def again(what: Callable[[], Awaitable[T]]) -> T:
    """Do what a caller of a port does: back off while it is not ready."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await what()
            except TransientError:
                await asyncio.sleep(0.1)


async def join(
    fleet: Fleet, name: str, voter: EtcdClient, *, bootstraps: bool = False
) -> list[str]:
    """Take the steps until the member is a voter; gives their names."""
    taken = []
    while True:
        node = fleet.node(name, bootstraps=bootstraps)
        members = () if bootstraps else await again(voter.members)
        action = step(node, members)
        taken.append(type(action).__name__)
        if isinstance(action, Start):
            fleet.start(name, action.initial)
            break
        if isinstance(action, Remove):
            gone = action.member.id
            await again(lambda gone=gone: voter.remove(gone))  # type: ignore[misc]  # a default
        elif isinstance(action, AddLearner):
            urls = action.peer_urls
            await again(lambda urls=urls: voter.add_learner(urls))  # type: ignore[misc]  # a default
        else:
            raise AssertionError(action)
    while not bootstraps:
        learner = promotes(fleet.node(name), await again(voter.members))
        if learner is not None:
            ours = learner.id
            await again(lambda: voter.promote(ours))  # noqa: B023 - ended by break
            break
        await asyncio.sleep(0.1)
    return taken


@contextlib.asynccontextmanager
async def fleet() -> AsyncIterator[tuple[Fleet, EtcdClient]]:
    directory = Path(tempfile.mkdtemp(prefix="ichor-etcd-"))
    all_of_them = Fleet(directory)
    try:
        async with asyncio.timeout(120):
            all_of_them.node("a")
            first = all_of_them.client("a")
            assert await join(all_of_them, "a", first, bootstraps=True) == ["Start"]
            await again(first.status)
            yield all_of_them, first
    finally:
        await all_of_them.close()
        shutil.rmtree(directory)


def test_one_member_becomes_three_and_a_lost_one_comes_back_with_an_empty_disk() -> None:
    async def check() -> None:
        async with fleet() as (all_of_them, first):
            for name in ("b", "c"):
                assert await join(all_of_them, name, first) == ["AddLearner", "Start"]
            members = await first.members()
            assert sorted(member.name for member in members) == ["a", "b", "c"]
            assert not any(member.is_learner for member in members)
            await again(lambda: first.put(b"k", b"v"))
            all_of_them.end("c")
            shutil.rmtree(all_of_them.directory / "c")
            steps = await join(all_of_them, "c", first)
            assert steps == ["Remove", "AddLearner", "Start"]
            found = await again(lambda: all_of_them.client("c").get(b"k"))
            assert found is not None
            assert found.value == b"v"
            promoted = next(m for m in await first.members() if m.name == "c")
            await first.promote(promoted.id)  # a second time is fine
            await first.remove(12345)  # one that is not there, too

    asyncio.run(check())


def test_an_interrupted_join_is_resumed_where_it_stopped() -> None:
    async def check() -> None:
        async with fleet() as (all_of_them, first):
            await again(lambda: first.add_learner(all_of_them.node("b").peer_urls))
            other = step(all_of_them.node("c"), await first.members())
            assert type(other).__name__ == "Wait"
            with pytest.raises(TransientError, match="too many learner"):
                await first.add_learner(all_of_them.node("c").peer_urls)
            assert await join(all_of_them, "b", first) == ["Start"]

    asyncio.run(check())


async def leader_first(one: EtcdClient, other: EtcdClient) -> tuple[EtcdClient, EtcdClient]:
    """Order two members; on a loaded machine the lead may have changed by itself."""
    while True:
        for first, second in ((one, other), (other, one)):
            status = await again(first.status)
            if status.leader == status.member_id:
                return first, second
        await asyncio.sleep(0.1)


def test_a_leader_hands_over_before_it_leaves() -> None:
    async def check() -> None:
        async with fleet() as (all_of_them, first):
            await join(all_of_them, "b", first)
            second = all_of_them.client("b")
            leader, other = await leader_first(first, second)
            status = await leader.status()
            target = successor(status.member_id, await leader.members())
            assert target is not None
            await leader.move_leader(target)
            assert (await again(other.status)).leader == target
            await again(lambda: other.remove(status.member_id))
            assert [member.id for member in await again(other.members)] == [target]

    asyncio.run(check())


def test_keys_snapshots_alarms_and_defragmentation() -> None:
    async def check() -> None:
        async with fleet() as (_, first):
            assert await first.get(b"k") is None
            revision = await again(lambda: first.put(b"k", b"1"))
            assert await first.put_if(b"k", b"2", mod_revision=revision)
            assert not await first.put_if(b"k", b"3", mod_revision=revision)
            assert await first.put_if(b"new", b"n", mod_revision=0)
            blob = b"".join([piece async for piece in first.snapshot()])
            assert len(blob) % 512 == 32
            assert hashlib.sha256(blob[:-32]).digest() == blob[-32:]
            assert await first.alarms() == ()
            await first.defragment()
            status = await first.status()
            assert status.leader == status.member_id
            assert status.db_size > 0

    asyncio.run(check())


def test_a_lock_is_held_by_one_and_passed_on() -> None:
    async def check() -> None:
        async with fleet() as (all_of_them, first):
            order = []
            second = all_of_them.client("a")
            inside = asyncio.Event()

            async def waits() -> None:
                await inside.wait()
                async with second.lock(b"talos:v1:manifestApplyMutex", ttl_s=5):
                    order.append("second")

            task = asyncio.create_task(waits())
            async with first.lock(b"talos:v1:manifestApplyMutex", ttl_s=5):
                inside.set()
                await asyncio.sleep(0.3)
                order.append("first")
            await task
            assert order == ["first", "second"]

    asyncio.run(check())


def test_a_lost_lease_ends_what_is_done_under_the_lock() -> None:
    async def check() -> None:
        async with fleet() as (all_of_them, first):

            async def hold() -> None:
                async with first.lock(b"l", ttl_s=3):
                    all_of_them.end("a")
                    await asyncio.Event().wait()

            with pytest.raises(TransientError, match="the lock was lost"):
                await hold()

    asyncio.run(check())


def test_a_member_that_does_not_answer_ends_the_lock_before_others_have_it() -> None:
    """A node that is cut off must not believe that it still holds what others get meanwhile."""

    async def check() -> None:
        async with fleet() as (all_of_them, first):
            ttl_s = 10
            stopped = 0.0

            async def hold() -> None:
                nonlocal stopped
                async with first.lock(b"l", ttl_s=ttl_s):
                    all_of_them.processes["a"].send_signal(signal.SIGSTOP)
                    stopped = asyncio.get_running_loop().time()
                    try:
                        await asyncio.Event().wait()
                    finally:
                        held = asyncio.get_running_loop().time() - stopped
                        assert ttl_s / 3 < held < ttl_s

            with pytest.raises(TransientError, match="the lock was lost"):
                await hold()
            assert stopped

    asyncio.run(check())
