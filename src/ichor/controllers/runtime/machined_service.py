"""MachinedService: PID 1 is a service to whoever lists them; it runs, or nobody would answer.

runtime/BootID ─► runtime/ServiceStatus "machined"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Resource
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.ids import BOOT_ID_ID
from ichor.resources.runtime.service_status import ServiceEvent, ServiceStatus

ID = "machined"


class Inputs(Struct, frozen=True, kw_only=True):
    boot: Annotated[Resource[BootID] | None, Get("runtime", BOOT_ID_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, ServiceStatus]]:
    if inputs.boot is not None:
        began = ServiceEvent(
            state="Running", message="Started with PID 1", at=inputs.boot.metadata.created
        )
        yield ID, ServiceStatus(state="Running", pid=1, starts=1, events=(began,))


machined_service = Transform(
    name="runtime.MachinedService", inputs=Inputs, outputs=[Out(ServiceStatus)], reconcile=reconcile
)
