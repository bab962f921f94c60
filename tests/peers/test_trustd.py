import asyncio
import hmac

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tests.peers.authority import Authority, request

from ichor.errors import InputError, TransientError
from ichor.peers.trustd import TrustdClient
from ichor.proto.security import security_pb2
from ichor.rpc.context import Context
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import Method
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import ClientAuth, Identity, ServerTls, server_context

METHOD = Method(
    "/securityapi.SecurityService/Certificate",
    security_pb2.CertificateRequest,
    security_pb2.CertificateResponse,
)


class Trustd:
    """A server as a control plane has it; seen: every token that was shown to it."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.seen: list[str] = []
        self.server = Server({METHOD.path: unary_unary(METHOD, self.certificate)})

    async def listen(self) -> int:
        chain, key = self.authority.issue("trustd")
        tls = server_context(Identity(chain=chain, key=key), auth=ClientAuth.NOT_REQUESTED)
        return await self.server.listen_tcp("127.0.0.1", 0, ServerTls(tls))

    async def certificate(
        self, asked: security_pb2.CertificateRequest, context: Context
    ) -> security_pb2.CertificateResponse:
        token = str(dict(context.metadata).get("token", ""))
        self.seen.append(token)
        if not hmac.compare_digest(token, "right"):
            raise RpcError(Code.UNAUTHENTICATED, "no")
        key = x509.load_pem_x509_csr(asked.csr).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signed = self.authority.sign(key, "node")
        return security_pb2.CertificateResponse(ca=self.authority.certificate, crt=signed)


def test_a_token_brings_a_certificate_for_our_key() -> None:
    async def check() -> None:
        trustd = Trustd(Authority())
        port = await trustd.listen()
        certificate = trustd.authority.certificate
        client = TrustdClient(["127.0.0.1"], authorities=certificate, token="right", port=port)
        csr, _ = request("node")
        issued = await client.certify(csr)
        ours = x509.load_pem_x509_csr(csr).public_key()
        assert x509.load_pem_x509_certificate(issued.certificate).public_key() == ours
        assert issued.authorities == certificate
        await client.close()
        wrong = TrustdClient(["127.0.0.1"], authorities=certificate, token="wrong", port=port)
        with pytest.raises(InputError, match="UNAUTHENTICATED"):
            await wrong.certify(csr)
        await wrong.close()
        await trustd.server.stop(0)

    asyncio.run(check())


def test_a_foreign_server_never_sees_the_token() -> None:
    async def check() -> None:
        trustd = Trustd(Authority("foreign"))
        port = await trustd.listen()
        trusted = Authority("ours").certificate
        client = TrustdClient(["127.0.0.1"], authorities=trusted, token="right", port=port)
        with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.certify(request("node")[0])
        assert trustd.seen == []
        await client.close()
        await trustd.server.stop(0)

    asyncio.run(check())
