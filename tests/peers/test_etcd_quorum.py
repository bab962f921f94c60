"""A control plane goes only while etcd can do without it, and one at a time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest

from ichor.errors import Conflict, TransientError
from ichor.peers.etcd_quorum import MUTEX, EtcdQuorum, shape
from ichor.ports.etcd import Etcd, Member, Status

HOUR = timedelta(hours=1)


def member(
    number: int, *, name: str = "cp", is_learner: bool = False, started: bool = True
) -> Member:
    urls = (f"https://10.0.0.{number}:2379",) if started else ()
    return Member(
        id=number,
        name=f"cp-{number}" if started else "",
        peer_urls=(),
        client_urls=urls,
        is_learner=is_learner,
    )


THREE = tuple(member(number) for number in (1, 2, 3))


@dataclass
class FakeCluster:
    """errors: what a member says of itself, by its host."""

    members: tuple[Member, ...] = THREE
    errors: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    leader: int = 1
    mutex: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def connect(self, host: str, port: int) -> AsyncGenerator[Etcd, None]:
        assert port == 2379
        yield cast("Etcd", FakeMember(self, host))

    def quorum(self, *, is_member: bool = True) -> EtcdQuorum:
        return EtcdQuorum(self.connect, lambda: is_member)


class FakeMember:
    def __init__(self, cluster: FakeCluster, host: str) -> None:
        self._cluster, self._host = cluster, host

    async def members(self) -> tuple[Member, ...]:
        if self._host in self._cluster.silent:
            raise TransientError("refused")
        return self._cluster.members

    async def status(self) -> Status:
        if self._host in self._cluster.silent:
            raise TransientError("refused")
        error = self._cluster.errors.get(self._host)
        return Status(
            member_id=1,
            version="3.7.0",
            storage_version="3.7.0",
            db_size=1,
            db_size_in_use=1,
            leader=self._cluster.leader,
            raft_index=1,
            raft_term=1,
            raft_applied_index=1,
            is_learner=False,
            errors=(error,) if error else (),
        )

    @asynccontextmanager
    async def lock(self, name: bytes, *, ttl_s: int = 30) -> AsyncGenerator[bytes, None]:
        assert name == MUTEX
        async with self._cluster.mutex:
            yield b"key"


def run(check: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await check()

    asyncio.run(main())


def refused(cluster: FakeCluster, *words: str) -> None:
    for asked in (cluster.quorum().check(), cluster.quorum().claim(HOUR)):
        with pytest.raises(Conflict) as error:
            asyncio.run(asked)
        assert all(word in str(error.value) for word in words), error.value


def test_a_cluster_of_one_or_three_lets_one_go() -> None:
    for members in (THREE, THREE[:1]):
        asyncio.run(FakeCluster(members).quorum().check())


def test_of_two_members_neither_may_go() -> None:
    refused(FakeCluster(THREE[:2]), "two members", "--force")


@pytest.mark.parametrize(
    ("odd", "said"),
    [(member(4, started=False), "has not started"), (member(4, is_learner=True), "still learning")],
)
def test_with_a_member_that_does_not_vote_nobody_goes(odd: Member, said: str) -> None:
    assert said in shape((*THREE, odd))
    refused(FakeCluster((*THREE, odd)), said)


def test_with_a_member_that_is_not_well_nobody_goes() -> None:
    refused(FakeCluster(errors={"10.0.0.3": "NOSPACE"}), "cp-3 is not well: NOSPACE")
    refused(FakeCluster(silent={"10.0.0.2"}), "cp-2 is not well: refused")
    refused(FakeCluster(leader=0), "has no leader")


def test_without_an_answer_of_our_own_member_nobody_goes() -> None:
    refused(FakeCluster(silent={"127.0.0.1"}), "etcd does not answer: refused")


def test_a_machine_without_a_member_may_go() -> None:
    cluster = FakeCluster(silent={"127.0.0.1"})
    asyncio.run(cluster.quorum(is_member=False).check())
    asyncio.run(cluster.quorum(is_member=False).claim(HOUR))


def test_one_goes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ichor.peers.etcd_quorum._PATIENCE_S", 0.01)

    async def check() -> None:
        cluster = FakeCluster()
        first, second = cluster.quorum(), cluster.quorum()
        await first.claim(HOUR)
        with pytest.raises(Conflict, match="another control plane"):
            await second.claim(HOUR)
        await first.claim(HOUR)  # its own claim is no other's
        await second.check()  # who only asks does not wait

    run(check)


def test_who_gave_a_claim_back_leaves_it_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ichor.peers.etcd_quorum._PATIENCE_S", 1)

    async def check() -> None:
        cluster = FakeCluster()
        first = cluster.quorum()
        first.release()  # nothing
        await first.claim(HOUR)
        first.release()
        await cluster.quorum().claim(HOUR)

    run(check)


def test_a_claim_ends_with_its_time() -> None:
    async def check() -> None:
        cluster = FakeCluster()
        await cluster.quorum().claim(timedelta())
        await cluster.quorum().claim(HOUR)

    run(check)


def test_who_was_refused_keeps_nobody_waiting() -> None:
    async def check() -> None:
        cluster = FakeCluster(silent={"10.0.0.2"})
        with pytest.raises(Conflict):
            await cluster.quorum().claim(HOUR)
        cluster.silent.clear()
        await cluster.quorum().claim(HOUR)

    run(check)
