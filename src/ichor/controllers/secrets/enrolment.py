"""Enrolment: a machine without a CA's key has its certificates signed by a control plane.

    secrets/CertificateRequest (issuer trustd) ─┐
    secrets/OSRootSecret "os": token, CAs      ─┼─► plan ─► Enrol, Forget ─► secrets/Certificate
    controlplane/Endpoint (all)                ─┤
    time, runtime/TimeStatus "node"            ─┘

Renewed as Issuance renews: when the wish or the CAs changed, and at half life. A refusal and a
silence are failures of this controller: the engine shows them and tries again, ever more rarely;
the certificate that is held stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.controllers.secrets.issuance import is_due, report
from ichor.cosi.controller import Actuator, All, Clock, Get, Out
from ichor.cosi.resource import Resource
from ichor.ports.issuance import Action, Enrol, Forget, Issuance
from ichor.resources.k8s.endpoint import Endpoint, merged
from ichor.resources.k8s.ids import CONTROL_PLANE_NAMESPACE_NAME
from ichor.resources.secrets.certificate import (
    NAMESPACE,
    Certificate,
    CertificateRequest,
    Issuer,
)
from ichor.resources.secrets.ids import OS_ROOT_ID
from ichor.resources.secrets.os import OSRootSecret
from ichor.resources.time.ids import STATUS_ID as TIME_STATUS_ID
from ichor.resources.time.status import TimeStatus

PORT = 50001


class Inputs(Struct, frozen=True, kw_only=True):
    now: Annotated[datetime, Clock()]
    requests: Annotated[Sequence[Resource[CertificateRequest]], All(NAMESPACE)] = ()
    root: Annotated[OSRootSecret | None, Get(NAMESPACE, OS_ROOT_ID)] = None
    endpoints: Annotated[Mapping[str, Endpoint], All(CONTROL_PLANE_NAMESPACE_NAME)] = {}
    clock: Annotated[TimeStatus | None, Get("runtime", TIME_STATUS_ID)] = None


Observed = Mapping[str, Certificate]


def plan(inputs: Inputs, held: Observed) -> Iterator[Action]:
    wanted = {r.id: r.spec for r in inputs.requests if r.spec.issuer is Issuer.TRUSTD}
    for id in sorted(held.keys() - wanted.keys()):
        yield Forget(id=id)
    hosts = merged(inputs.endpoints.values())
    if inputs.root is None or not hosts:
        return
    accepted = "\n".join(ca.crt.decode().strip() for ca in inputs.root.accepted_cas)
    for id, request in wanted.items():
        if is_due(held.get(id), request, accepted, inputs.now):
            yield Enrol(
                id=id,
                request=request,
                endpoints=tuple(at_port(host) for host in hosts),
                token=Secret(inputs.root.token),
                accepted=accepted,
            )


def at_port(host: str) -> str:
    """Write where trustd of a host listens, as `host:port` or `[v6]:port`."""
    return f"[{host}]:{PORT}" if is_v6(host) else f"{host}:{PORT}"


def is_v6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def enrolment(port: Issuance) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="secrets.Enrolment",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(Certificate)],
        report=report,
    )
