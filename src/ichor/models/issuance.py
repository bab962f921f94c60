"""The model of issuance: what was asked for is held; keys and signatures are known after apply."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ichor.config.secret import Secret
from ichor.ports.issuance import Action, Enrol, Forget, Issue
from ichor.resources.secrets.certificate import Certificate, CertificateRequest

UNKNOWN = "known after apply"


def model(observed: Mapping[str, Certificate], action: Action) -> Mapping[str, Certificate]:
    """Give what would be held; a certificate of the model never comes due."""
    after = dict(observed)
    match action:
        case Forget(id=id):
            after.pop(id, None)
        case Issue(orders=orders):
            for each in orders:
                authority = each.authority.cert if each.authority else UNKNOWN
                after[each.id] = held(each.request, authority)
        case Enrol(id=id, request=request, accepted=accepted):
            after[id] = held(request, accepted)
    return after


def held(request: CertificateRequest, authority: str) -> Certificate:
    return Certificate(
        request=request,
        cert=UNKNOWN,
        key=Secret(UNKNOWN),
        authority=authority,
        not_before=datetime.min.replace(tzinfo=UTC),
        not_after=datetime.max.replace(tzinfo=UTC),
    )
