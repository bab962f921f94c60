"""apid: reads from machined's store how to serve, and serves.

    runtime/APIServiceConfig "apid" ─┐
    secrets/ApiCertificate "api"    ─┼─► TLS contexts, swapped while running
    network/NodeAddress "current"   ─┘

Runs as its own user, without capabilities and without exec. When machined goes away so does apid:
the supervisor starts it again.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_interface
from typing import Final, TypeVar

from ichor import log
from ichor.apps.apid.gateway import Gateway, verify
from ichor.client.state import StateClient
from ichor.cosi.resource import Resource, Spec
from ichor.pki.roles import METADATA_KEY, Role
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.api import ApiCertificate
from ichor.resources.secrets.ids import API_ID
from ichor.rpc.client import Channel
from ichor.rpc.peer import UnixTarget
from ichor.rpc.proxy import proxy
from ichor.rpc.server import Server
from ichor.rpc.tls import (
    ClientAuth,
    ClientTls,
    Identity,
    ServerTls,
    client_context,
    server_context,
)

SOCKET: Final = "/system/run/machined/machine.sock"
PORT: Final = 50000
S = TypeVar("S", bound=Spec)


class Apid:
    """port: 0 has the kernel choose, which tests want."""

    def __init__(self, machined: Channel, port: int = PORT) -> None:
        self._port = port
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._state = StateClient(machined, [(METADATA_KEY, Role.ADMIN)])
        self._own: frozenset[str] = frozenset()
        self._gateway = Gateway(machined, lambda: self._own)
        self._server: Server | None = None
        self._tls: ServerTls | None = None

    async def run(self) -> None:
        """Serve until cancelled, or until machined's connection ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                certificates = self._state.watch(ApiCertificate, API_ID)
                addresses = self._state.watch(NodeAddress, NODE_ADDRESS_CURRENT_ID)
                tasks.create_task(follow(addresses, self._move))
                tasks.create_task(follow(certificates, self._show))
        finally:
            if self._server is not None:
                await self._server.stop()

    async def _move(self, current: NodeAddress) -> None:
        own = (str(ip_interface(prefix).ip) for prefix in current.addresses)
        self._own = frozenset({"127.0.0.1", "::1", "localhost", *own})

    async def _show(self, certificate: ApiCertificate) -> None:
        """Serve with these certificates from now on."""
        is_open = certificate.skip_verifying_client_cert
        authorities = b"\n".join(ca.crt for ca in certificate.accepted_cas)
        server = Identity(certificate.server.crt, certificate.server.key)
        auth = ClientAuth.NOT_REQUESTED if is_open else ClientAuth.REQUIRED
        self._gateway.is_open = is_open
        self._gateway.client = None
        if certificate.client.crt:
            client = Identity(certificate.client.crt, certificate.client.key)
            self._gateway.client = ClientTls(client_context(authorities, client))
        await self._gateway.forget()
        context = server_context(server, authorities, auth)
        if self._tls is not None:
            self._tls.context = context
            self._tls.verify = None if is_open else verify
            return
        self._tls = ServerTls(context, None if is_open else verify)
        self._server = Server({}, unknown=proxy(self._gateway.direct))
        sock = bound(self._port)
        await self._server.listen_socket(sock, self._tls)
        self.listening.set_result(int(sock.getsockname()[1]))


def bound(port: int) -> socket.socket:
    """Bind a port of every address, IPv6 and IPv4 where the kernel has both."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(
            ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128
        )
    return socket.create_server(("", port), backlog=128)


async def follow(
    changes: AsyncIterator[Resource[S] | None], take: Callable[[S], Awaitable[None]]
) -> None:
    async for resource in changes:
        if resource is not None:
            await take(resource.spec)


async def serve() -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    machined = Channel(UnixTarget(SOCKET))
    try:
        await Apid(machined).run()
    except asyncio.CancelledError:
        return
    finally:
        await machined.close()


def main(arguments: tuple[str, ...] = ()) -> int:
    log.setup()
    asyncio.run(serve())
    return 0
