"""CRIService: containerd runs once its configuration is in place.

    files/EtcFileStatus "cri/containerd.toml" ─┐
    files/EtcFileStatus of the trusted roots ─┼─► runtime/ServiceSpec, HealthCheck "containerd"
    files/FileSpec, FileStatus of registries ─┤
    runtime/Environment                       ─┤
    config/MachineType                        ─┤   on a machine, only once it is known
    runtime/SystemDisk, MountStatus           ─┤   and it lives on its disk,
    runtime/StagedUpgradeStatus               ─┘   and no upgrade is to be written first

It starts knowing all registries, so that no image is asked for where it should not be; these files
it reads anew for each pull, so once it runs it runs on while they change.

One process; the interface knows two services, `containerd` and `cri`, and each of their sockets
reaches it. A restart of it restarts no container: shims and what they hold stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.cri.config import NAME as FILE
from ichor.controllers.cri.hosts import BASE
from ichor.controllers.files.written import is_written
from ichor.controllers.runtime.environment import ID as ENVIRONMENT_ID
from ichor.controllers.runtime.environment import by_name
from ichor.controllers.secrets.trusted_roots import FILE as ROOTS
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Resource, Spec
from ichor.resources.block.disk import SystemDisk
from ichor.resources.block.ids import SYSTEM_DISK_ID
from ichor.resources.block.provision import lives_in_memory
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.runtime.environment import Environment
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.runtime.service_spec import Confinement, Exec, ServiceSpec
from ichor.resources.runtime.service_status import Grpc, HealthCheck, ServiceStatus
from ichor.resources.runtime.staged_upgrade import ID as STAGED_ID
from ichor.resources.runtime.staged_upgrade import StagedUpgradeStatus

ID = "containerd"
SOCKET = "/run/containerd/containerd.sock"
PATH = "/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/cni/bin"


class Inputs(Struct, frozen=True, kw_only=True):
    file: Annotated[EtcFileStatus, Get("files", FILE)]
    wanted: Annotated[Sequence[Resource[FileSpec]], All("files", ids=f"^{BASE}/")] = ()
    written: Annotated[Mapping[str, FileStatus], All("files", ids=f"^{BASE}/")] = {}
    status: Annotated[ServiceStatus | None, Get("runtime", ID)] = None
    environment: Annotated[Environment | None, Get("runtime", ENVIRONMENT_ID)] = None
    roots: Annotated[EtcFileStatus | None, Get("files", ROOTS)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    knows = all(is_written(one, inputs.written) for one in inputs.wanted)
    if not knows and inputs.status is None:
        return
    yield (
        ID,
        ServiceSpec(
            id=ID,
            program=Exec(argv=("/usr/bin/containerd", "--config", f"/etc/{FILE}")),
            confinement=Confinement(oom_score_adj=-999),
            cgroup="podruntime/runtime",
            # [m] Its heap doubles between collections by default: 55 MB in use, 38 just started.
            environment={
                "GOGC": "30",
                **by_name(inputs.environment),
                "PATH": PATH,
                "ICHOR_CONFIG_VERSION": inputs.file.spec_version,
                **seen(inputs.roots),
            },
            log=ID,
            grace=timedelta(seconds=30),
            sweep=False,
        ),
    )
    yield ID, HealthCheck(probe=Grpc(path=SOCKET), initial=timedelta(milliseconds=100))


def seen(roots: EtcFileStatus | None) -> Mapping[str, str]:
    """Name the version of the trusted roots, which containerd reads once: a new one restarts it."""
    return {"ICHOR_ROOTS_VERSION": roots.spec_version} if roots else {}


class ConfiguredInputs(Inputs, frozen=True, kw_only=True):
    machine: Annotated[MachineType, Get("config", MACHINE_TYPE_ID)]
    disk: Annotated[SystemDisk | None, Get("runtime", SYSTEM_DISK_ID)] = None
    mounts: Annotated[Mapping[str, MountStatus], All("runtime")] = {}
    staged: Annotated[StagedUpgradeStatus, Get("runtime", STAGED_ID)]


def reconcile_configured(inputs: ConfiguredInputs) -> Iterator[tuple[str, Spec]]:
    """Give nothing in maintenance: nobody has pods there, and memory may be short."""
    is_known = inputs.machine.type is not MachineKind.UNKNOWN
    if (
        is_known
        and not inputs.staged.image
        and not lives_in_memory(inputs.mounts, has_disk=inputs.disk is not None)
    ):
        yield from reconcile(inputs)


_OUTPUTS = [Out(ServiceSpec), Out(HealthCheck)]
cri_service = Transform(name="cri.Service", inputs=Inputs, outputs=_OUTPUTS, reconcile=reconcile)
configured_cri_service = Transform(
    name="cri.Service", inputs=ConfiguredInputs, outputs=_OUTPUTS, reconcile=reconcile_configured
)
