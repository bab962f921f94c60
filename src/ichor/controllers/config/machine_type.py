"""MachineType: control plane, worker, or unknown while nothing complete is configured.

config/ActiveConfig ─► machine.type ─► config/MachineType "machine-type"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, MachineType]]:
    kind = inputs.config.value.machine_type if inputs.config else "unknown"
    yield MACHINE_TYPE_ID, MachineType(type=next(k for k in MachineKind if k.value == kind))


machine_type = Transform(
    name="config.MachineType", inputs=Inputs, outputs=[Out(MachineType)], reconcile=reconcile
)
