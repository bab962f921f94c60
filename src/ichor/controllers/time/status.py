"""Status: a container has the clock of its host, which others keep; it counts as right.

runtime/HostFacts ─► runtime/TimeStatus "node"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts
from ichor.resources.time.ids import STATUS_ID
from ichor.resources.time.status import TimeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    host: Annotated[HostFacts, Get("runtime", HOST_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, TimeStatus]]:
    is_kept = inputs.host.is_container
    yield STATUS_ID, TimeStatus(synced=is_kept, sync_disabled=is_kept)


time_status = Transform(
    name="time.Status", inputs=Inputs, outputs=[Out(TimeStatus)], reconcile=reconcile
)
