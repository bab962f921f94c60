"""Status: where no time server is named, the clock counts as right.

network/TimeServerStatus ─► runtime/TimeStatus "node"

It is that of the host in a container, and the battery's in a machine. We name no server ourselves:
nothing is contacted that nobody wrote down.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.network.ids import TIME_SERVER_ID
from ichor.resources.network.time_server import TimeServerStatus
from ichor.resources.time.ids import STATUS_ID
from ichor.resources.time.status import TimeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    servers: Annotated[TimeServerStatus | None, Get("network", TIME_SERVER_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, TimeStatus]]:
    is_alone = inputs.servers is None or not inputs.servers.time_servers
    yield STATUS_ID, TimeStatus(synced=is_alone, sync_disabled=is_alone)


time_status = Transform(
    name="time.Status", inputs=Inputs, outputs=[Out(TimeStatus)], reconcile=reconcile
)
