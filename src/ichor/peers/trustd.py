"""trustd over gRPC: the adapter of `ports.trustd.Trustd`.

The join token is sent as metadata, and only after the server's certificate was verified against
the OS's certificate authorities; a foreign server never sees it. There is no client certificate:
it is what is asked for. Several control planes are asked in turn.
"""

from collections.abc import Sequence

from ichor.peers.calling import Caller
from ichor.ports.trustd import Issued
from ichor.proto.security import security_pb2
from ichor.rpc.client import Channel
from ichor.rpc.method import Method
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, client_context

PORT = 50001
_ATTEMPT_S = 10.0
_CERTIFICATE = Method(
    "/securityapi.SecurityService/Certificate",
    security_pb2.CertificateRequest,
    security_pb2.CertificateResponse,
)


class TrustdClient:
    """authorities: PEM certificates of the accepted CAs. Close it when done."""

    def __init__(
        self, hosts: Sequence[str], *, authorities: bytes, token: str, port: int = PORT
    ) -> None:
        tls = ClientTls(client_context(authorities))
        self._channel = Channel([TcpTarget(host, port, tls) for host in hosts])
        self._caller = Caller(self._channel, metadata=(("token", token),), timeout_s=_ATTEMPT_S)

    async def certify(self, csr: bytes) -> Issued:
        request = security_pb2.CertificateRequest(csr=csr)
        reply = await self._caller.call(_CERTIFICATE, request)
        return Issued(certificate=reply.crt, authorities=reply.ca)

    async def close(self) -> None:
        await self._channel.close()
