"""The watchdog, and process ids of services."""

from datetime import timedelta
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class ServicePID(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ServicePIDs.runtime.talos.dev",
        namespace="runtime",
        aliases=("servicepid", "spid", "spids"),
        columns={"PID": "{.pid}"},
    )
    pid: int = 0
    mount_namespace: str = ""


class WatchdogTimerConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="WatchdogTimerConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("watchdogtimerconfig", "wtc", "wtcs"),
        columns={"Device": "{.device}", "Timeout": "{.timeout}"},
    )
    device: str = ""
    timeout: timedelta = timedelta()


class WatchdogTimerStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="WatchdogTimerStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("watchdogtimerstatus", "wts"),
        columns={"Device": "{.device}", "Timeout": "{.timeout}"},
    )
    device: str = ""
    timeout: timedelta = timedelta()
    feed_interval: timedelta = timedelta()
