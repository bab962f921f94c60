"""trustd: reads from machined's store what to show and whom to believe, and serves.

    secrets/TrustdCertificate "trustd" ─► TLS, swapped while running
    secrets/JoinToken "trustd"         ─► the digest tokens are compared with

Asks for no client certificate: that is what its callers come for. Runs as its own user, without
capabilities and without exec; machined shows it these two resources and nothing else.
"""

import asyncio
from typing import Final

from ichor.apps.serving import bound, follow, serve
from ichor.apps.trustd.service import Security, Signed
from ichor.apps.trustd.throttle import Throttle
from ichor.client.state import StateClient
from ichor.log import fields, logger
from ichor.proto.ichor import trust_pb2
from ichor.resources.secrets.api import TrustdCertificate
from ichor.resources.secrets.ids import JOIN_TOKEN_ID, TRUSTD_ID
from ichor.resources.secrets.os import JoinToken
from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.engine import Limits
from ichor.rpc.method import method
from ichor.rpc.server import Server
from ichor.rpc.tls import ClientAuth, Identity, ServerTls, server_context

PORT: Final = 50001
CONNECTIONS: Final = 256
MESSAGE: Final = 64 << 10
HELD: Final = 8 << 20
_SIGN_S: Final = 8.0  # below the 10 s after which a machine asks elsewhere
_SIGN: Final = method(trust_pb2, "Trust", "Sign", trust_pb2.SignRequest, trust_pb2.SignResponse)
_log = logger(__name__)


class Trustd:
    """port: 0 has the kernel choose, which tests want."""

    def __init__(self, machined: Channel, port: int = PORT) -> None:
        self._machined = machined
        self._port = port
        self._security = Security(self._sign, Throttle(asyncio.get_running_loop().time))
        self._tls: ServerTls | None = None
        self._server = Server(
            self._security.handlers(),
            limits=Limits(streams=16, stream_window=MESSAGE, connection_window=4 * MESSAGE),
            budget=Budget(HELD),
            max_connections=CONNECTIONS,
            message_limit=MESSAGE,
        )
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until cancelled, or until machined's connection ends."""
        state = StateClient(self._machined)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(follow(state.watch(JoinToken, JOIN_TOKEN_ID), self._learn))
                tasks.create_task(follow(state.watch(TrustdCertificate, TRUSTD_ID), self._show))
        finally:
            await self._server.stop(0)

    async def _learn(self, token: JoinToken) -> None:
        self._security.digest = bytes.fromhex(token.sha256)

    async def _show(self, certificate: TrustdCertificate) -> None:
        """Serve with this certificate from now on; connections that there are live on."""
        server = Identity(certificate.server.crt, certificate.server.key)
        context = server_context(server, auth=ClientAuth.NOT_REQUESTED)
        if self._tls is not None:
            self._tls.context = context
            return
        self._tls = ServerTls(context)
        sock = bound(self._port)
        await self._server.listen_socket(sock, self._tls)
        self.listening.set_result(int(sock.getsockname()[1]))
        _log.info("trustd is served", extra=fields(port=sock.getsockname()[1]))

    async def _sign(self, csr: bytes, peer: str) -> Signed:
        request = trust_pb2.SignRequest(csr=csr, peer=peer)
        reply = await self._machined.unary(_SIGN, request, timeout_s=_SIGN_S)
        return Signed(reply.certificate, reply.authorities)


def main(arguments: tuple[str, ...] = ()) -> int:
    return serve(lambda machined: Trustd(machined).run())
