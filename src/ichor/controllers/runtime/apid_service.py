"""ApidService: the gateway runs once there is a certificate to serve with.

    runtime/APIServiceConfig "apid" ─► runtime/ServiceSpec "apid", runtime/HealthCheck "apid"

apid reads its certificates from the store itself, so renewing them restarts nothing; only the
move out of maintenance mode, where it verifies nobody, starts it anew.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.runtime.ids import API_SERVICE_CONFIG_ID
from ichor.resources.runtime.maintenance import APIServiceConfig
from ichor.resources.runtime.service_spec import Confinement, Daemon, Resources, ServiceSpec
from ichor.resources.runtime.service_status import HealthCheck, Tcp

ID = "apid"
UID = 50
MEMORY_MAX = 128 << 20


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[APIServiceConfig, Get("runtime", API_SERVICE_CONFIG_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    yield ID, daemon(ID, UID, "system/apid")
    yield (
        ID,
        HealthCheck(
            probe=Tcp(host="127.0.0.1", port=50000),
            initial=timedelta(seconds=1),
            period=timedelta(seconds=5),
        ),
    )


def daemon(id: str, uid: int, cgroup: str, arguments: tuple[str, ...] = ()) -> ServiceSpec:
    """Give a daemon of ours that faces the network: own user, no capability, no exec."""
    return ServiceSpec(
        id=id,
        program=Daemon(entry=f"ichor.apps.{id}.main:main", arguments=arguments),
        confinement=Confinement(
            uid=uid,
            gid=uid,
            capabilities=(),
            no_new_privs=True,
            seccomp="network-daemon",
            oom_score_adj=-998,
        ),
        cgroup=cgroup,
        resources=Resources(memory_max=MEMORY_MAX),
        log=id,
    )


apid_service = Transform(
    name="runtime.ApidService",
    inputs=Inputs,
    outputs=[Out(ServiceSpec), Out(HealthCheck)],
    reconcile=reconcile,
)
