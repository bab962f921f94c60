"""TrustdService: a control plane lets machines in once it has a certificate and knows the token.

    secrets/TrustdCertificate "trustd" ─┐
    secrets/JoinToken "trustd"         ─┴─► runtime/ServiceSpec, HealthCheck "trustd"

Both exist on control planes only. trustd reads them itself: renewing restarts nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.runtime.apid_service import daemon
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.resources.runtime.service_status import HealthCheck, Tcp
from ichor.resources.secrets.api import TrustdCertificate
from ichor.resources.secrets.ids import JOIN_TOKEN_ID, TRUSTD_ID
from ichor.resources.secrets.os import JoinToken

ID = "trustd"
UID = 51
PORT = 50001


class Inputs(Struct, frozen=True, kw_only=True):
    certificate: Annotated[TrustdCertificate, Get("secrets", TRUSTD_ID)]
    token: Annotated[JoinToken, Get("secrets", JOIN_TOKEN_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    yield ID, daemon(ID, UID, "system/trustd")
    yield (
        ID,
        HealthCheck(
            probe=Tcp(host="127.0.0.1", port=PORT),
            initial=timedelta(seconds=1),
            period=timedelta(seconds=5),
        ),
    )


trustd_service = Transform(
    name="runtime.TrustdService",
    inputs=Inputs,
    outputs=[Out(ServiceSpec), Out(HealthCheck)],
    reconcile=reconcile,
)
