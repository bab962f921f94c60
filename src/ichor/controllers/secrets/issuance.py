"""Issuance: every wish for a certificate is fulfilled, and fulfilled anew at half life.

    secrets/CertificateRequest (all) ─┐
    secrets/Authority (all)          ─┼─► plan ─► Issue, Forget ─► secrets/Certificate
    time, runtime/TimeStatus "node"  ─┘

A certificate is issued when there is none, when the wish changed, when the CA changed, and when
half of its life is over, which is looked at anew whenever the clock was set. A wish whose CA is not
known yet, or is known without its key, waits.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Clock, Get, Out, WakeAt, Yield
from ichor.cosi.resource import Resource
from ichor.ports.issuance import Action, Forget, Issuance, Issue, Order
from ichor.resources.secrets.certificate import (
    NAMESPACE,
    Authority,
    Certificate,
    CertificateRequest,
    Issuer,
)
from ichor.resources.time.ids import STATUS_ID
from ichor.resources.time.status import TimeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    now: Annotated[datetime, Clock()]
    requests: Annotated[Sequence[Resource[CertificateRequest]], All(NAMESPACE)] = ()
    authorities: Annotated[Mapping[str, Authority], All(NAMESPACE)] = {}
    clock: Annotated[TimeStatus | None, Get("runtime", STATUS_ID)] = None


Observed = Mapping[str, Certificate]


def plan(inputs: Inputs, issued: Observed) -> Iterator[Action]:
    local = {r.id: r.spec for r in inputs.requests if r.spec.issuer is not Issuer.TRUSTD}
    for id in sorted(issued.keys() - local.keys()):
        yield Forget(id=id)
    if due := tuple(_due(inputs, local, issued)):
        yield Issue(due)


def _due(
    inputs: Inputs, local: Mapping[str, CertificateRequest], issued: Observed
) -> Iterator[Order]:
    for id, request in local.items():
        authority = inputs.authorities.get(request.issuer.value)
        if request.issuer is not Issuer.SELF and (authority is None or not authority.key):
            continue
        held = issued.get(id)
        was_ahead = held is not None and inputs.now < held.not_before  # our clock, that is
        if was_ahead or is_due(held, request, authority.cert if authority else "", inputs.now):
            yield Order(id=id, request=request, authority=authority)


def is_due(
    held: Certificate | None, request: CertificateRequest, authority: str, now: datetime
) -> bool:
    """Tell whether a new certificate is wanted; authority: PEM, empty for one that signs itself."""
    return (
        held is None
        or held.request != request
        or (authority != "" and held.authority != authority)
        or now >= held.renew_at
    )


def report(inputs: Struct, issued: Observed) -> Iterator[Yield]:
    """Show what is held, whoever issued it, and wake up when the first of it is to be renewed."""
    yield from issued.items()
    if issued:
        yield WakeAt(min(certificate.renew_at for certificate in issued.values()))


def issuance(port: Issuance) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="secrets.Issuance",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(Certificate)],
        report=report,
    )
