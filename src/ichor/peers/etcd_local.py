"""The member of etcd on this node, asked with its administrator's certificate."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from ichor.errors import Conflict
from ichor.peers.etcd import EtcdClient
from ichor.ports.etcd import Etcd
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, Identity, client_context

_ADMIN: Final = ("admin.crt", "admin.key")
_HOST: Final = "127.0.0.1"
_PORT: Final = 2379
Connect = Callable[[], AbstractAsyncContextManager[Etcd]]


def connector(secrets: Path) -> Connect:
    """Give connections to the member of this node. secrets: /system/secrets/etcd."""

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Etcd, None]:
        try:
            ca, crt, key = ((secrets / name).read_bytes() for name in ("ca.crt", *_ADMIN))
        except FileNotFoundError:
            raise Conflict("etcd is not set up on this node yet") from None
        tls = ClientTls(client_context(ca, Identity(crt, key)))
        async with Channel(TcpTarget(_HOST, _PORT, tls)) as channel:
            yield EtcdClient(channel)

    return connect
