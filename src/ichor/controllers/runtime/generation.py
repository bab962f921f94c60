"""LeastGeneration: an image that is well leaves no way back to those that it has replaced for good.

runtime/MachineStatus, KernelCmdline, config/MachineConfig "persistent" ─► plan ─► Remember

In a boot in which an administrator has allowed older ones it raises nothing (docs/adr/0026).
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.controllers.runtime.boot_assess import is_well
from ichor.cosi.controller import Actuator, Get
from ichor.errors import FormatError
from ichor.formats import generation
from ichor.ports.generation import Generations, Least, Remember
from ichor.resources.config.ids import PERSISTENT_ID
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID, MACHINE_STATUS_ID
from ichor.resources.runtime.machine import MachineStatus


class Inputs(Struct, frozen=True, kw_only=True):
    machine: Annotated[MachineStatus | None, Get("runtime", MACHINE_STATUS_ID)] = None
    stored: Annotated[MachineConfig | None, Get("config", PERSISTENT_ID)] = None
    line: Annotated[KernelCmdline | None, Get("runtime", KERNEL_CMDLINE_ID)] = None


def plan(inputs: Inputs, observed: Least) -> Iterator[Remember]:
    if observed.is_allowed or inputs.line is None or not is_well(inputs.machine, inputs.stored):
        return
    try:
        least = generation.parse(inputs.line.cmdline).least
    except FormatError:  # such an image is refused where it is installed
        return
    if least > (observed.number or 0):
        yield Remember(least)


def least_generation(port: Generations) -> Actuator[Inputs, Least, Remember]:
    return Actuator(
        name="runtime.LeastGeneration",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
    )
