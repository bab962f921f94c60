"""CRIService: containerd runs once its configuration is in place.

    files/EtcFileStatus "cri/containerd.toml" ─► runtime/ServiceSpec "containerd"
    config/MachineType                        ─► on a machine, only once it is known
    runtime/ServiceStatus "containerd"        ─► health of both names

One process; the interface knows two services, `containerd` and `cri`, and each of their sockets
reaches it. A restart of it restarts no container: shims and what they hold stay.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.cri.config import NAME as FILE
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.runtime.service_spec import Confinement, Exec, ServiceSpec
from ichor.resources.runtime.service_status import Grpc, HealthCheck

ID = "containerd"
SOCKET = "/run/containerd/containerd.sock"
PATH = "/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/cni/bin"


class Inputs(Struct, frozen=True, kw_only=True):
    file: Annotated[EtcFileStatus, Get("files", FILE)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    yield (
        ID,
        ServiceSpec(
            id=ID,
            program=Exec(argv=("/usr/bin/containerd", "--config", f"/etc/{FILE}")),
            confinement=Confinement(oom_score_adj=-999),
            cgroup="podruntime/runtime",
            # [m] Its heap doubles between collections by default: 55 MB in use, 38 just started.
            environment={"PATH": PATH, "GOGC": "30"},
            log=ID,
            grace=timedelta(seconds=30),
            sweep=False,
        ),
    )
    yield ID, HealthCheck(probe=Grpc(path=SOCKET), initial=timedelta(milliseconds=100))


class ConfiguredInputs(Inputs, frozen=True, kw_only=True):
    machine: Annotated[MachineType, Get("config", MACHINE_TYPE_ID)]


def reconcile_configured(inputs: ConfiguredInputs) -> Iterator[tuple[str, Spec]]:
    """Give nothing in maintenance: nobody has pods there, and memory may be short."""
    if inputs.machine.type is not MachineKind.UNKNOWN:
        yield from reconcile(inputs)


_OUTPUTS = [Out(ServiceSpec), Out(HealthCheck)]
cri_service = Transform(name="cri.Service", inputs=Inputs, outputs=_OUTPUTS, reconcile=reconcile)
configured_cri_service = Transform(
    name="cri.Service", inputs=ConfiguredInputs, outputs=_OUTPUTS, reconcile=reconcile_configured
)
