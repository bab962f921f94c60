"""A node's machine API as a creator of clusters calls it, by its forwarder: as an administrator, or
as the stranger anybody is to a machine in maintenance mode.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import msgspec
from google.protobuf.empty_pb2 import Empty

from ichor.cli import kubernetes
from ichor.client.machine import Node as Called
from ichor.client.machine import insecure, secure
from ichor.client.talosconfig import Context
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision.forward import LOOPBACK
from ichor.provision.record import Node

_CALL_S = 10.0


class Machine:
    def __init__(self, node: Called) -> None:
        self._node = node

    async def version(self) -> str:
        """Give the tag of what it runs."""
        reply = await self._node.call("Version", Empty(), pb.VersionResponse, timeout_s=_CALL_S)
        return reply.messages[0].version.tag

    async def apply_configuration(self, text: bytes) -> None:
        request = pb.ApplyConfigurationRequest(data=text)
        response = pb.ApplyConfigurationResponse
        await self._node.call("ApplyConfiguration", request, response, timeout_s=_CALL_S)

    async def bootstrap(self) -> None:
        request, response = pb.BootstrapRequest(), pb.BootstrapResponse
        await self._node.call("Bootstrap", request, response, timeout_s=_CALL_S)

    async def services(self) -> Sequence[pb.ServiceInfo]:
        response = pb.ServiceListResponse
        reply = await self._node.call("ServiceList", Empty(), response, timeout_s=_CALL_S)
        return [info for message in reply.messages for info in message.services]

    async def kubeconfig(self) -> str:
        return await kubernetes.fetch(self._node)


@asynccontextmanager
async def machine(context: Context, node: Node) -> AsyncGenerator[Machine]:
    """Reach the node itself; it is dialled at the first call."""
    endpoint = f"{LOOPBACK}:{node.forward('api')}"
    alone = msgspec.structs.replace(context, nodes=())
    async with secure(alone, endpoints=[endpoint]) as connection:
        yield Machine(connection.nodes[0])


@asynccontextmanager
async def stranger(node: Node) -> AsyncGenerator[Machine]:
    async with insecure([f"{LOOPBACK}:{node.forward('api')}"]) as connection:
        yield Machine(connection.nodes[0])
