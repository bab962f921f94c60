"""apid: reads from machined's store how to serve, and serves.

    runtime/APIServiceConfig "apid" ─┐
    secrets/ApiCertificate "api"    ─┼─► TLS contexts, swapped while running
    network/NodeAddress "current"   ─┘

Runs as its own user, without capabilities and without exec. When machined goes away so does apid:
the supervisor starts it again.
"""

import asyncio
from ipaddress import ip_interface
from typing import Final

from ichor.apps.apid.gateway import Gateway, verify
from ichor.apps.serving import bound, follow, serve
from ichor.client.state import StateClient
from ichor.pki.roles import METADATA_KEY, Role
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.api import ApiCertificate
from ichor.resources.secrets.ids import API_ID
from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.engine import Limits
from ichor.rpc.proxy import proxy
from ichor.rpc.server import Server
from ichor.rpc.tls import (
    ClientAuth,
    Identity,
    ServerTls,
    client_context,
    server_context,
)

PORT: Final = 50000
# Of the 128 MiB that the service may have, 35 are the interpreter's; a connection at rest takes
# 51 KiB (measured), one whose caller does not read up to 128 more.
CONNECTIONS: Final = 256
HELD: Final = 24 << 20
# One caller's share: others must find room beside it on the way to machined.
STREAMS: Final = 100


class Apid:
    """port: 0 has the kernel choose, which tests want. budget: shared with machined's channel."""

    def __init__(self, machined: Channel, port: int = PORT, budget: Budget | None = None) -> None:
        self._port = port
        self._budget = budget or Budget(HELD)
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._state = StateClient(machined, [(METADATA_KEY, Role.ADMIN)])
        self._own: frozenset[str] = frozenset()
        self._gateway = Gateway(machined, lambda: self._own, budget=self._budget)
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
        client = Identity(certificate.client.crt, certificate.client.key)
        self._gateway.show(client_context(authorities, client) if client.chain else None)
        context = server_context(server, authorities, auth)
        if self._tls is not None:
            self._tls.context = context
            self._tls.verify = None if is_open else verify
            return
        self._tls = ServerTls(context, None if is_open else verify)
        self._server = Server(
            {},
            unknown=proxy(self._gateway.direct),
            limits=Limits(streams=STREAMS),
            budget=self._budget,
            max_connections=CONNECTIONS,
        )
        sock = bound(self._port)
        await self._server.listen_socket(sock, self._tls)
        self.listening.set_result(int(sock.getsockname()[1]))


def main(arguments: tuple[str, ...] = ()) -> int:
    budget = Budget(HELD)
    return serve(lambda machined: Apid(machined, budget=budget).run(), budget)
