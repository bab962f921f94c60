"""APIRequest: what apid and trustd should be certified for.

    config/MachineType      ─┐
    secrets/CertSAN "api"   ─┴─► secrets/CertificateRequest "api-server", "api-client", "trustd"

A control plane signs its own; a worker has only a server certificate, from trustd. Only control
planes get the client certificate with which a node may speak for its callers.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.secrets.certificate import CertificateRequest, Issuer, Usage
from ichor.resources.secrets.ids import CERTSAN_API_ID
from ichor.resources.secrets.os import CertSAN

SERVER = "api-server"
CLIENT = "api-client"
TRUSTD = "trustd"
IMPERSONATOR = "os:impersonator"


class Inputs(Struct, frozen=True, kw_only=True):
    machine: Annotated[MachineType, Get("config", MACHINE_TYPE_ID)]
    sans: Annotated[CertSAN, Get("secrets", CERTSAN_API_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, CertificateRequest]]:
    is_worker = inputs.machine.type is MachineKind.WORKER
    server = CertificateRequest(
        issuer=Issuer.TRUSTD if is_worker else Issuer.OS,
        common_name=inputs.sans.fqdn,
        dns_names=inputs.sans.dns_names,
        ips=inputs.sans.ips,
    )
    yield SERVER, server
    if is_worker:
        return
    yield TRUSTD, server
    yield (
        CLIENT,
        CertificateRequest(
            issuer=Issuer.OS,
            common_name=inputs.sans.fqdn,
            organizations=(IMPERSONATOR,),
            usages=(Usage.CLIENT,),
        ),
    )


api_request = Transform(
    name="secrets.APIRequest", inputs=Inputs, outputs=[Out(CertificateRequest)], reconcile=reconcile
)
