"""BootAssess: who came up well has its tries back, so that the loader goes on starting it.

runtime/MachineStatus, config/MachineConfig "persistent" ─► plan ─► Boot ─► runtime/BootEntryStatus

Tries stay counted for life: an image that rots later, or hangs, falls to the other one too.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, Get, Out, Yield
from ichor.ports.boot_entry import Arm, Boot, BootEntries
from ichor.resources.config.ids import PERSISTENT_ID
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootEntryStatus
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus


class Inputs(Struct, frozen=True, kw_only=True):
    machine: Annotated[MachineStatus | None, Get("runtime", MACHINE_STATUS_ID)] = None
    stored: Annotated[MachineConfig | None, Get("config", PERSISTENT_ID)] = None


def plan(inputs: Inputs, observed: Boot) -> Iterator[Arm]:
    running = observed.running
    if running is None or running.left is None or running == running.armed:
        return
    has_other = any(one.left != 0 for one in observed.entries - {running})
    if not has_other or is_well(inputs.machine, inputs.stored):
        yield Arm(running)


def is_well(machine: MachineStatus | None, stored: MachineConfig | None) -> bool:
    """Tell whether it is what it can be: ready, or without any configuration.

    Who waits for one although one is stored could not read it.
    """
    if machine is None:
        return False
    is_waiting = machine.stage is MachineStage.MAINTENANCE
    return machine.status.ready or (is_waiting and stored is None)


def report(inputs: Inputs, observed: Boot) -> Iterator[Yield]:
    for entry in observed.entries:
        yield (
            str(entry.number),
            BootEntryStatus(
                running=entry == observed.running,
                counted=entry.left is not None,
                tries_left=entry.left or 0,
                tries_failed=entry.failed,
            ),
        )


def boot_assess(port: BootEntries) -> Actuator[Inputs, Boot, Arm]:
    return Actuator(
        name="runtime.BootAssess",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(BootEntryStatus)],
        report=report,
        wakes=port.wakes,
    )
