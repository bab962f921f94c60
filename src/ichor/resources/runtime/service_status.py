"""Services as facts: how each process is, and whether the service answers.

runtime.Services (actuator) ─► runtime/ServiceStatus
HealthCheck ─► runtime.Health (actuator) ─► runtime/HealthStatus
"""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from ichor.cosi.resource import EPOCH, Definition, Spec

NAMESPACE = "runtime"


class ServiceEvent(Struct, frozen=True, kw_only=True):
    """state: a word of the machine API, as `Running`."""

    state: str
    message: str
    at: datetime


class ServiceStatus(Spec, frozen=True, kw_only=True):
    """state: a word of the machine API. starts: how often the process was started."""

    definition: ClassVar[Definition] = Definition(
        type="ServiceStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("servicestatus",),
        columns={"State": "{.state}", "PID": "{.pid}", "Starts": "{.starts}"},
    )
    state: str
    pid: int = 0
    starts: int = 0
    exit: str = ""
    events: tuple[ServiceEvent, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.state == "Running"


class Tcp(Struct, frozen=True, kw_only=True, tag="tcp"):
    """Something accepts a connection."""

    host: str
    port: int


class Unix(Struct, frozen=True, kw_only=True, tag="unix"):
    """Something accepts a connection on the socket."""

    path: str


class Http(Struct, frozen=True, kw_only=True, tag="http"):
    """GET answers 200; plain HTTP on loopback."""

    host: str
    port: int
    path: str


class Grpc(Struct, frozen=True, kw_only=True, tag="grpc"):
    """grpc.health.v1 says SERVING on a unix socket."""

    path: str


class EtcdRead(Struct, frozen=True, kw_only=True, tag="etcd"):
    """A linearizable read of the key `health` succeeds: there is a quorum.

    The certificates are read anew for each check, so that they may rotate.
    """

    endpoint: str
    ca: str
    cert: str
    key: str


class HealthCheck(Spec, frozen=True, kw_only=True):
    """How to ask the service of the same id; waits `initial` after its start."""

    definition: ClassVar[Definition] = Definition(
        type="HealthChecks.ichor.dev", namespace=NAMESPACE, aliases=("healthcheck",)
    )
    probe: Tcp | Unix | Http | Grpc | EtcdRead
    initial: timedelta = timedelta(seconds=1)
    period: timedelta = timedelta(seconds=5)
    timeout: timedelta = timedelta(milliseconds=500)


class HealthStatus(Spec, frozen=True, kw_only=True):
    """unknown: not asked yet since the check began."""

    definition: ClassVar[Definition] = Definition(
        type="HealthStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("healthstatus",),
        columns={"Healthy": "{.healthy}", "Message": "{.message}"},
    )
    healthy: bool = False
    unknown: bool = True
    message: str = ""
    changed: datetime = EPOCH
