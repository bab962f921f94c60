"""The one method of trustd: a token that is right has its request passed on to machined.

| | |
|---|---|
| no token, a wrong one, several | UNAUTHENTICATED, the same words for each |
| too many of these from one address | RESOURCE_EXHAUSTED, without a look at the token |
| right | machined's answer, or its refusal |
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from ichor.apps.trustd.throttle import Throttle
from ichor.log import fields, logger
from ichor.proto.security import security_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method
from ichor.rpc.peer import TcpPeer, TlsPeer
from ichor.rpc.status import Code, RpcError

TOKEN: Final = "token"  # noqa: S105 - the name of the metadata
_log = logger(__name__)


class Signed(NamedTuple):
    certificate: bytes
    authorities: bytes


# The request (PEM) and the address it came from; raises RpcError when refused.
Sign = Callable[[bytes, str], Awaitable[Signed]]


class Security:
    """digest: SHA-256 of the join token, assigned when it is known and whenever it changes."""

    def __init__(self, sign: Sign, throttle: Throttle) -> None:
        self._sign = sign
        self._throttle = throttle
        self.digest = b""

    def handlers(self) -> Mapping[str, Handler]:
        certify = method(
            pb, "SecurityService", "Certificate", pb.CertificateRequest, pb.CertificateResponse
        )
        return {certify.path: unary_unary(certify, self.certify)}

    async def certify(
        self, request: pb.CertificateRequest, context: Context
    ) -> pb.CertificateResponse:
        host = _host(context)
        if not self._throttle.admits(host):
            raise RpcError(Code.RESOURCE_EXHAUSTED, "too many refused requests from this address")
        if not self._knows(context.metadata.all(TOKEN)):
            if self._throttle.refused(host):
                _log.warning("refused a join token", extra=fields(peer=host))
            raise RpcError(Code.UNAUTHENTICATED, "the join token is missing or wrong")
        signed = await self._sign(request.csr, host)
        return pb.CertificateResponse(crt=signed.certificate, ca=signed.authorities)

    def _knows(self, tokens: tuple[str, ...]) -> bool:
        shown = tokens[0] if len(tokens) == 1 else ""
        digest = hashlib.sha256(shown.encode(errors="surrogateescape")).digest()
        return hmac.compare_digest(digest, self.digest)


def _host(context: Context) -> str:
    # The one socket is of both families, and shows IPv4 as ::ffff:a.b.c.d.
    peer = context.peer
    return peer.host.removeprefix("::ffff:") if isinstance(peer, TlsPeer | TcpPeer) else ""
