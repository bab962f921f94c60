"""Status: the clock of a container is its host's, and counts as right.

nothing ─► runtime/TimeStatus "node"

A container never sets it, whoever its configuration names; on a machine time/sync.py does.
"""

from collections.abc import Iterator

from msgspec import Struct

from ichor.cosi.controller import Out, Transform
from ichor.resources.time.ids import STATUS_ID
from ichor.resources.time.status import TimeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    pass


def reconcile(inputs: Inputs) -> Iterator[tuple[str, TimeStatus]]:
    yield STATUS_ID, TimeStatus(synced=True, sync_disabled=True)


time_status = Transform(
    name="time.Status", inputs=Inputs, outputs=[Out(TimeStatus)], reconcile=reconcile
)
