"""Trust: machined certifies the request of another machine, on the word of trustd.

trustd has compared the join token; it holds no key. What is signed is decided here: a server
certificate of a day, names as asked, nothing else (`pki.issue.sign_server_csr`).
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from ichor.cosi.state import State, find
from ichor.errors import InputError, TransientError
from ichor.log import fields, logger
from ichor.pki import certificate as x509
from ichor.pki.signing import SignRequest
from ichor.ports.signer import Signing
from ichor.proto.ichor import trust_pb2 as pb
from ichor.resources.secrets.ids import OS_ROOT_ID
from ichor.resources.secrets.os import OSRootSecret
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

LIFETIME = timedelta(hours=24)
AT_ONCE = 4  # signers, each a process: a rack that boots at once waits its turn
LONGEST = 16 << 10  # bytes; an RSA-4096 request with a hundred names has 8 KiB
_log = logger(__name__)


class TrustService:
    """lifetime: of what is signed."""

    def __init__(self, state: State, signer: Signing, lifetime: timedelta = LIFETIME) -> None:
        self._state = state
        self._signer = signer
        self._lifetime = lifetime
        self._turns = asyncio.Semaphore(AT_ONCE)

    def handlers(self) -> Mapping[str, Handler]:
        sign = method(pb, "Trust", "Sign", pb.SignRequest, pb.SignResponse)
        return {sign.path: unary_unary(sign, self.sign)}

    async def sign(self, request: pb.SignRequest, context: Context) -> pb.SignResponse:
        found = find(self._state, OSRootSecret, OS_ROOT_ID)
        if found is None or not found.spec.issuing_ca.key:
            raise TransientError("this node has no CA to sign with")
        if len(request.csr) > LONGEST:
            raise InputError(f"the request has {len(request.csr)} bytes, {LONGEST} at most")
        root = found.spec
        question = SignRequest(
            csr=_text(request.csr),
            lifetime=self._lifetime,
            ca_cert=root.issuing_ca.crt.decode(),
            ca_key=root.issuing_ca.key.decode(),
        )
        async with self._turns:
            answer = await self._signer.ask(question)
        _tell(answer.text, request.peer)
        authorities = b"\n".join(ca.crt.strip() for ca in root.accepted_cas) + b"\n"
        return pb.SignResponse(certificate=answer.text.encode(), authorities=authorities)


def _text(csr: bytes) -> str:
    try:
        return csr.decode("ascii")
    except UnicodeDecodeError as err:
        raise InputError("the request is not PEM") from err


def _tell(certificate: str, peer: str) -> None:
    """Note who joined as what: the one trace a token leaves."""
    leaf = x509.parse_pem(certificate)
    _log.info(
        "certified a machine",
        extra=fields(
            peer=peer,
            name=leaf.common_name,
            sans=",".join((*leaf.dns_names, *leaf.addresses)),
            fingerprint=leaf.fingerprint,
            until=leaf.not_after.isoformat(),
        ),
    )
