"""Issuance by a CA of this node: the signer signs, the result is kept in memory.

What was issued is not stored: a machine that boots issues anew, which is cheaper than keeping
private keys on a disk.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from ichor.config.secret import Secret
from ichor.errors import InputError
from ichor.log import fields, logger
from ichor.pki import certificate as x509
from ichor.pki.signing import Several, SignLeaf
from ichor.ports.issuance import Action, Enrol, Forget, Issue, Order
from ichor.ports.signer import Signing
from ichor.resources.secrets.certificate import Certificate, CertificateRequest, Issuer, Usage

log = logger(__name__)

# The machine API is Ed25519, as existing client configurations are; Kubernetes and etcd, whose
# clients are many, get what all of them know.
_ALGORITHM: Mapping[Issuer, str] = {Issuer.OS: "ed25519", Issuer.TRUSTD: "ed25519"}
_USAGE = {Usage.SERVER: "server", Usage.CLIENT: "client"}


class LocalIssuance:
    """longest: what lives longer is cut to that."""

    def __init__(self, signer: Signing, longest: timedelta = timedelta.max) -> None:
        self._signer = signer
        self._longest = longest
        self._issued: dict[str, Certificate] = {}

    def observe(self) -> Mapping[str, Certificate]:
        return dict(self._issued)

    async def apply(self, action: Action) -> None:
        match action:
            case Issue(orders=orders):
                await self._issue(orders)
            case Forget(id=id):
                self._issued.pop(id, None)
            case Enrol():
                raise TypeError("a CA of this node enrols nobody")

    async def _issue(self, orders: Sequence[Order]) -> None:
        asked = Several(questions=tuple(map(self._question, orders)))
        answer = await self._signer.ask(asked)
        refused: list[str] = []
        for order, each in zip(orders, answer.answers, strict=True):
            if each.error:
                refused.append(f"{order.id}: {each.error}")
                continue
            authority = order.authority.cert if order.authority else ""
            made = held(order.request, each.text, each.key, authority)
            self._issued[order.id] = made
            if not authority:
                log.info("nobody vouches for this certificate, pin it", extra=_shown(made))
        if refused:
            raise InputError("; ".join(refused))

    def _question(self, order: Order) -> SignLeaf:
        authority = order.authority
        return question(
            shortened(order.request, self._longest),
            ca_cert=authority.cert if authority else "",
            ca_key=authority.key.reveal() if authority else "",
        )


def _shown(made: Certificate) -> dict[str, object]:
    """Give what a client at the console needs to know whom it talks to."""
    fingerprint = x509.parse_pem(made.cert).fingerprint
    return fields(fingerprint=fingerprint, addresses=" ".join(made.request.ips))


def shortened(request: CertificateRequest, longest: timedelta) -> CertificateRequest:
    return replace(request, lifetime=min(request.lifetime, longest))


def question(request: CertificateRequest, *, ca_cert: str, ca_key: str) -> SignLeaf:
    return SignLeaf(
        algorithm=algorithm(request.issuer),
        common_name=request.common_name,
        organizations=request.organizations,
        sans=(*request.dns_names, *request.ips),
        usages=tuple(_USAGE[usage] for usage in request.usages),
        lifetime=request.lifetime,
        ca_cert=ca_cert,
        ca_key=ca_key,
    )


def algorithm(issuer: Issuer) -> str:
    return _ALGORITHM.get(issuer, "p256")


def held(request: CertificateRequest, cert: str, key: str, authority: str) -> Certificate:
    """Give the certificate with the life it really has, read from its DER."""
    leaf = x509.parse_pem(cert)
    return Certificate(
        request=request,
        cert=cert,
        key=Secret(key),
        authority=authority,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
    )
