import asyncio

import pytest

from ichor.errors import Conflict, TransientError
from ichor.peers.etcd import EtcdClient
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
