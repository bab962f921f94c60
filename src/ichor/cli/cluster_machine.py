"""A node's machine API as a creator of clusters calls it: by its forwarder, as administrator.

from collections.abc import AsyncIterator, Sequence
from typing import Self

from google.protobuf.empty_pb2 import Empty

from ichor.client.talosconfig import Context
from ichor.errors import InputError
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision.forward import LOOPBACK
from ichor.provision.record import Node
from ichor.rpc.client import Channel
from ichor.rpc.method import Q, R, method
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, Identity, client_context

_CALL_S = 10.0
_SERVICE = "MachineService"


class Machine:
    """Dials at the first call; to be used with `async with`."""

    def __init__(self, context: Context, node: Node) -> None:
        if context.ca is None or context.crt is None or context.key is None:
            raise InputError("the context has no ca, crt and key")
        identity = Identity(context.crt.encode(), context.key.reveal().encode())
        tls = ClientTls(client_context(context.ca.encode(), identity))
        self._channel = Channel(TcpTarget(LOOPBACK, node.forward("api"), tls))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def _call(self, name: str, request: Q, response: type[R]) -> R:
        found = method(pb, _SERVICE, name, type(request), response)
        return await self._channel.unary(found, request, timeout_s=_CALL_S)

    async def version(self) -> str:
        """Give the tag of what it runs."""
        reply = await self._call("Version", Empty(), pb.VersionResponse)
        return reply.messages[0].version.tag

    async def bootstrap(self) -> None:
        await self._call("Bootstrap", pb.BootstrapRequest(), pb.BootstrapResponse)

    async def services(self) -> Sequence[pb.ServiceInfo]:
        reply = await self._call("ServiceList", Empty(), pb.ServiceListResponse)
        return [info for message in reply.messages for info in message.services]

    async def kubeconfig(self) -> bytes:
        """Give the gzip'ed tar that holds it."""
        return b"".join([piece async for piece in self._kubeconfig()])

    async def _kubeconfig(self) -> AsyncIterator[bytes]:
        found = method(pb, _SERVICE, "Kubeconfig", Empty, common_pb2.Data)
        async with self._channel.stream(found, timeout_s=_CALL_S) as stream:
            await stream.send(Empty())
            await stream.done()
            async for piece in stream:
                yield piece.bytes
