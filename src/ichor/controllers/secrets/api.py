"""API: the certificates apid and trustd serve with.

    secrets/Certificate "api-server", "api-client", "trustd"  ─┐
    secrets/Certificate "maintenance"                         ─┼─► ApiCertificate "api"
    secrets/OSRootSecret "os"                                 ─┘   TrustdCertificate "trustd"

Without a root of trust there is no one to verify: in maintenance mode apid serves with a
certificate that signs itself and asks callers for none.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.controllers.secrets.api_request import CLIENT, SERVER, TRUSTD
from ichor.controllers.secrets.maintenance import MAINTENANCE
from ichor.controllers.secrets.pair import pair
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.fields import Certificate as Trusted
from ichor.resources.fields import CertificateAndKey
from ichor.resources.secrets.api import ApiCertificate, TrustdCertificate
from ichor.resources.secrets.certificate import Certificate
from ichor.resources.secrets.ids import API_ID, OS_ROOT_ID, TRUSTD_ID
from ichor.resources.secrets.os import OSRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[OSRootSecret | None, Get("secrets", OS_ROOT_ID)] = None
    server: Annotated[Certificate | None, Get("secrets", SERVER)] = None
    client: Annotated[Certificate | None, Get("secrets", CLIENT)] = None
    trustd: Annotated[Certificate | None, Get("secrets", TRUSTD)] = None
    maintenance: Annotated[Certificate | None, Get("secrets", MAINTENANCE)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    if inputs.root is None:
        if inputs.maintenance is not None:
            yield (
                API_ID,
                ApiCertificate(server=pair(inputs.maintenance), skip_verifying_client_cert=True),
            )
        return
    if inputs.server is not None:
        yield (
            API_ID,
            ApiCertificate(
                accepted_cas=inputs.root.accepted_cas,
                server=pair(inputs.server),
                client=pair(inputs.client) if inputs.client else CertificateAndKey(),
            ),
        )
    if inputs.trustd is not None:
        accepted: tuple[Trusted, ...] = inputs.root.accepted_cas
        yield TRUSTD_ID, TrustdCertificate(accepted_cas=accepted, server=pair(inputs.trustd))


api = Transform(
    name="secrets.API",
    inputs=Inputs,
    outputs=[Out(ApiCertificate), Out(TrustdCertificate)],
    reconcile=reconcile,
)
