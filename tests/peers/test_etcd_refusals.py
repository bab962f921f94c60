import asyncio
from typing import Any, Self, cast

import pytest
from tests.skipping import SkippingLoop

from ichor.errors import Conflict, TransientError
from ichor.peers.etcd import EtcdClient
from ichor.proto.etcd import lock_pb2, rpc_pb2
from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.peer import TcpTarget
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError

LEARNER = "etcdserver: can only promote a learner member"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (f"{LEARNER} which is in sync with leader", TransientError),
        (LEARNER, None),
        ("etcdserver: unhealthy cluster", TransientError),
        ("etcdserver: something else", Conflict),
    ],
)
def test_not_yet_is_told_from_done_already(message: str, error: type[Exception] | None) -> None:
    async def refuse(_: Context) -> None:
        raise RpcError(Code.FAILED_PRECONDITION, message)

    async def check() -> None:
        async with Server({}, refuse) as server:
            port = await server.listen_tcp("127.0.0.1", 0, None)
            async with Channel(TcpTarget("127.0.0.1", port)) as channel:
                if error is None:
                    await EtcdClient(channel).promote(1)
                else:
                    with pytest.raises(error, match="etcdserver"):
                        await EtcdClient(channel).promote(1)

    asyncio.run(check())


class Answers:
    """A member as a channel and as the stream of a lease.

    delays: of its answers, then it is silent. renewed: when it let the lease begin anew.
    """

    def __init__(self, *delays: float) -> None:
        self._delays = list(delays)
        self.renewed = 0.0

    async def unary(self, method: Any, *_: object, **__: object) -> object:  # noqa: ANN401
        self.renewed = self.renewed or asyncio.get_running_loop().time()
        same = {"LeaseGrant": rpc_pb2.LeaseGrantResponse(ID=7), "Lock": lock_pb2.LockResponse()}
        return same.get(method.path.rpartition("/")[2])

    def stream(self, *_: object, **__: object) -> "Answers":
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, _: rpc_pb2.LeaseKeepAliveRequest) -> None:
        if self._delays:
            self.renewed = asyncio.get_running_loop().time()

    async def receive(self) -> rpc_pb2.LeaseKeepAliveResponse:
        if not self._delays:
            await asyncio.Event().wait()
        await asyncio.sleep(self._delays.pop(0))
        return rpc_pb2.LeaseKeepAliveResponse(ID=7, TTL=30)


@pytest.mark.parametrize("delays", [(), (0.1, 0.1), (0.1, 15), (20,), (23.9,), (0.1, 29)])
def test_a_lock_is_let_go_before_its_lease_runs_out(delays: tuple[float, ...]) -> None:
    """The lease runs from when etcd renews it, which may be long before its answer is here."""
    member = Answers(*delays)

    async def hold() -> None:
        async with EtcdClient(cast("Channel", member)).lock(b"l", ttl_s=30):
            await asyncio.Event().wait()

    async def check() -> None:
        with pytest.raises(TransientError, match="the lock was lost"):
            async with asyncio.timeout(600):
                await hold()
        assert 10 < asyncio.get_running_loop().time() - member.renewed < 30

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(check())


def test_a_lock_whose_lease_is_renewed_is_held() -> None:
    async def check() -> None:
        member = Answers(*[9.0] * 100)
        async with EtcdClient(cast("Channel", member)).lock(b"l", ttl_s=30):
            await asyncio.sleep(900)

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(check())
