"""Attestation: the TPM's word on what runs here, for who can judge it (`ichor attest`).

Nothing in it is secret. The TPM does one thing at a time, and so do we.
"""

from collections.abc import Generator, Mapping
from typing import Final

from ichor import __version__
from ichor.api.machine.aside import Aside
from ichor.errors import InputError
from ichor.ports.tpm import Account, Attesting
from ichor.proto.ichor import attest_pb2 as pb
from ichor.protocols.tpm2.objects import Credential
from ichor.protocols.tpm2.refusal import Refused
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError

_NONCE: Final = range(16, 33)  # bytes; a TPM of SHA-256 takes 34
_PCRS: Final = range(24)
_SERVICE: Final = "Attestation"


class AttestationService:
    def __init__(self, machine: Attesting) -> None:
        self._machine = machine
        self._aside = Aside(most=1, why="question to the TPM is not answered yet")

    def handlers(self) -> Mapping[str, Handler]:
        attest = method(pb, _SERVICE, "Attest", pb.AttestRequest, pb.AttestResponse)
        activate = method(pb, _SERVICE, "Activate", pb.ActivateRequest, pb.ActivateResponse)
        return {
            attest.path: unary_unary(attest, self.attest),
            activate.path: unary_unary(activate, self.activate),
        }

    async def attest(self, request: pb.AttestRequest, context: Context) -> pb.AttestResponse:
        nonce, pcrs = request.nonce, sorted(set(request.pcrs))
        if len(nonce) not in _NONCE:
            raise InputError(f"a nonce of 16 to 32 bytes, not {len(nonce)}", path="nonce")
        if not pcrs or not set(pcrs) <= set(_PCRS):
            raise InputError("one or more PCRs from 0 to 23", path="pcrs")

        def ask() -> Generator[Account]:
            yield self._machine.account(nonce, pcrs)

        try:
            (account,) = await self._aside.all(ask)
        except Refused as error:
            raise RpcError(Code.FAILED_PRECONDITION, str(error)) from error
        return _response(account)

    async def activate(self, request: pb.ActivateRequest, context: Context) -> pb.ActivateResponse:
        def ask() -> Generator[bytes]:
            yield self._machine.activate(Credential(request.identity, request.secret))

        try:
            (credential,) = await self._aside.all(ask)
        except Refused as error:
            raise RpcError(Code.FAILED_PRECONDITION, str(error)) from error
        return pb.ActivateResponse(credential=credential)


def _response(account: Account) -> pb.AttestResponse:
    evidence = account.evidence
    values = evidence.values.items()
    return pb.AttestResponse(
        quote=evidence.statement,
        signature=evidence.signature,
        attestation_key=evidence.key,
        endorsement_key=evidence.endorsement,
        endorsement_certificate=evidence.certificate,
        values=[pb.PcrValue(pcr=pcr, value=value) for pcr, value in values],
        event_log=account.events,
        measured_log=account.measured,
        image=pb.Image(version=__version__, root_hash=account.root, entry=account.entry),
    )
