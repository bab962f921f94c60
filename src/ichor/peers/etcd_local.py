"""The member of etcd on this node, and others by their address, with its administrator's key."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from ichor.errors import Conflict
from ichor.ports.etcd import Etcd
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, Identity, client_context

_ADMIN: Final = ("admin.crt", "admin.key")
_HOST: Final = "127.0.0.1"
_PORT: Final = 2379
Connect = Callable[[], AbstractAsyncContextManager[Etcd]]
To = Callable[[str, int], AbstractAsyncContextManager[Etcd]]


def connector(secrets: Path) -> Connect:
    """Give connections to the member of this node. secrets: /system/secrets/etcd."""
    connect = connector_to(secrets)
    return lambda: connect(_HOST, _PORT)


def connector_to(secrets: Path) -> To:
    """Give connections to any member, by its host and port."""

    @asynccontextmanager
    async def connect(host: str, port: int) -> AsyncGenerator[Etcd, None]:
        try:
            ca, crt, key = ((secrets / name).read_bytes() for name in ("ca.crt", *_ADMIN))
        except FileNotFoundError:
            raise Conflict("etcd is not set up on this node yet") from None
        from ichor.peers.etcd import EtcdClient  # control planes only, 440 KiB

        tls = ClientTls(client_context(ca, Identity(crt, key)))
        async with Channel(TcpTarget(host, port, tls)) as channel:
            yield EtcdClient(channel)

    return connect
