"""Enrolment by a control plane: the signer draws the key, trustd has the request signed.

The endpoints are asked in turn, each for ten seconds at most; the one that answered last is asked
first. What was issued is kept in memory only, as keys are nowhere else.
"""

import ssl
from collections.abc import Mapping

from ichor.config.secret import Secret
from ichor.errors import FormatError, IchorError, InputError, TransientError
from ichor.linux.issuance import algorithm, held
from ichor.log import fields, logger
from ichor.peers.trustd import TrustdClient
from ichor.pki import certificate as x509
from ichor.pki.signing import DrawRequest
from ichor.ports.issuance import Action, Enrol, Forget, Issue
from ichor.ports.signer import Signing
from ichor.ports.trustd import Issued
from ichor.resources.secrets.certificate import Certificate, CertificateRequest
from ichor.rpc.tls import Identity, server_context

_log = logger(__name__)


class TrustdIssuance:
    """The adapter of ports.issuance.Issuance where there is no CA."""

    def __init__(self, signer: Signing) -> None:
        self._signer = signer
        self._issued: dict[str, Certificate] = {}
        self._answered = ""

    def observe(self) -> Mapping[str, Certificate]:
        return dict(self._issued)

    async def apply(self, action: Action) -> None:
        match action:
            case Enrol(id=id):
                self._issued[id] = await self._enrol(action)
            case Forget(id=id):
                self._issued.pop(id, None)
            case Issue():
                raise TypeError("trustd signs for others; a CA of this node is another adapter")

    async def _enrol(self, action: Enrol) -> Certificate:
        request = action.request
        drawn = await self._signer.ask(
            DrawRequest(
                algorithm=algorithm(request.issuer),
                common_name=request.common_name,
                sans=(*request.dns_names, *request.ips),
            )
        )
        issued = await self._ask_all(action, drawn.text.encode())
        certificate = issued.certificate.decode("ascii", "replace")
        check(request, certificate, drawn.key)
        return held(request, certificate, drawn.key, action.accepted)

    async def _ask_all(self, action: Enrol, csr: bytes) -> Issued:
        """Give the first answer. Raises the first refusal, else what the last silence was."""
        error: IchorError = TransientError("no control plane is known")
        for endpoint in sorted(action.endpoints, key=lambda one: one != self._answered):
            try:
                issued = await certify(endpoint, action.accepted, action.token, csr)
            except (InputError, TransientError) as err:
                if not isinstance(error, InputError):
                    error = type(err)(f"trustd at {endpoint}: {err}")
                continue
            self._answered = endpoint
            _log.info("certified by a control plane", extra=fields(id=action.id, trustd=endpoint))
            return issued
        raise error


async def certify(endpoint: str, accepted: str, token: Secret, csr: bytes) -> Issued:
    """Ask one trustd. Raises InputError, TransientError."""
    host, _, port = endpoint.rpartition(":")
    client = TrustdClient(
        [host.strip("[]")], authorities=accepted.encode(), token=token.reveal(), port=int(port)
    )
    try:
        return await client.certify(csr)
    finally:
        await client.close()


def check(request: CertificateRequest, certificate: str, key: str) -> None:
    """Raises TransientError unless it is for our key and for all the names we asked for."""
    try:
        server_context(Identity(certificate.encode(), key.encode()))
        leaf = x509.parse_pem(certificate)
    except (ssl.SSLError, FormatError, ValueError) as err:
        raise TransientError(f"trustd's answer is no certificate of our key: {err}") from err
    missing = {*request.dns_names, *request.ips} - {*leaf.dns_names, *leaf.addresses}
    if missing:
        raise TransientError(f"trustd's certificate lacks {', '.join(sorted(missing))}")
