"""An upgrade on probation: META key 6, which names the entry before, is there until all is well.

    config: kernel argument ichor.probation, else PROBATION
    runtime/MetaKey 0x06, MachineStatus, OperationStatus (all), BootEntryStatus (all)
        ─► UpgradeProbation ─► runtime/Operation: a reboot, which takes the next try
    runtime/MachineStatus, BootEntryStatus (all) ─► UpgradeSettle ─► Meta without key 6

So an image that boots and does not become ready is started again, and then left for the one before,
by the loader's own count. What was well once is not on probation: a cluster in trouble restarts
no machines. facts/meta_keys.tsv; docs/adr/0020.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Struct

from ichor.controllers.runtime.boot_assess import is_well
from ichor.cosi.controller import Actuator, All, Clock, Get, Out, Transform, WakeAt, Yield
from ichor.cosi.operation import Operation, OperationStatus
from ichor.errors import InputError
from ichor.formats.boot_entry import BootEntry
from ichor.formats.meta import FORMER
from ichor.ports.meta import Drop, Meta
from ichor.resources.config.ids import PERSISTENT_ID
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootEntryStatus, BootID, KernelCmdline
from ichor.resources.runtime.ids import BOOT_ID_ID, KERNEL_CMDLINE_ID, MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus
from ichor.resources.runtime.meta import MetaKey
from ichor.units import parse_duration

ARGUMENT: Final = "ichor.probation="
PROBATION: Final = timedelta(minutes=15)
ENDING: Final = frozenset({MachineStage.SHUTTING_DOWN, MachineStage.RESETTING})


class Inputs(Struct, frozen=True, kw_only=True):
    now: Annotated[datetime, Clock()]
    former: Annotated[MetaKey | None, Get("runtime", f"0x{FORMER:02x}")] = None
    machine: Annotated[MachineStatus | None, Get("runtime", MACHINE_STATUS_ID)] = None
    journal: Annotated[Mapping[str, OperationStatus], All("runtime")] = {}
    entries: Annotated[Mapping[str, BootEntryStatus], All("runtime")] = {}
    stored: Annotated[MachineConfig | None, Get("config", PERSISTENT_ID)] = None
    boot: Annotated[BootID | None, Get("runtime", BOOT_ID_ID)] = None
    line: Annotated[KernelCmdline | None, Get("runtime", KERNEL_CMDLINE_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Yield]:
    if inputs.former is None or inputs.boot is None or inputs.machine is None:
        return
    if inputs.machine.stage in ENDING or is_well(inputs.machine, inputs.stored):
        return
    begun = [one.started for one in inputs.journal.values() if one.sequence == "initialize"]
    if not begun or not can_fall(inputs.entries):
        return
    until = min(begun) + probation(inputs.line.cmdline if inputs.line else "")
    if inputs.now < until:
        yield WakeAt(until)
    else:
        yield f"probation-{inputs.boot.boot_id}", Operation(sequence="reboot")


def can_fall(entries: Mapping[str, BootEntryStatus]) -> bool:
    """Tell whether the entry that runs is tried, and the loader has another to start."""
    is_tried = any(one.running and one.tries_failed for one in entries.values())
    return is_tried and any(one.tries_left and not one.running for one in entries.values())


def probation(line: str) -> timedelta:
    """Give how long a boot may take until all is well, by the kernel's command line."""
    for word in line.split():
        if word.startswith(ARGUMENT):
            try:
                return parse_duration(word.removeprefix(ARGUMENT))
            except InputError:
                return PROBATION
    return PROBATION


upgrade_probation = Transform(
    name="runtime.UpgradeProbation",
    inputs=Inputs,
    outputs=[Out(Operation)],
    reconcile=reconcile,
)


class SettleInputs(Struct, frozen=True, kw_only=True):
    machine: Annotated[MachineStatus | None, Get("runtime", MACHINE_STATUS_ID)] = None
    stored: Annotated[MachineConfig | None, Get("config", PERSISTENT_ID)] = None
    entries: Annotated[Mapping[str, BootEntryStatus], All("runtime")] = {}


def settle(inputs: SettleInputs, observed: Mapping[int, bytes]) -> Iterator[Drop]:
    former = observed.get(FORMER)
    if (
        former is not None
        and is_well(inputs.machine, inputs.stored)
        and is_over(former, inputs.entries)
    ):
        yield Drop(FORMER)


def is_over(former: bytes, entries: Mapping[str, BootEntryStatus]) -> bool:
    """Tell whether the new entry runs, or had its tries; it may not have been started yet."""
    running = [number for number, one in entries.items() if one.running]
    others = [one for one in entries.values() if not one.running]
    if not running:
        return False
    was_running = former.decode(errors="replace") == BootEntry(int(running[0])).id
    return not was_running or any(one.tries_failed and not one.tries_left for one in others)


def upgrade_settle(port: Meta) -> Actuator[SettleInputs, Mapping[int, bytes], Drop]:
    return Actuator(
        name="runtime.UpgradeSettle",
        inputs=SettleInputs,
        observe=port.observe,
        plan=settle,
        apply=port.apply,
        wakes=port.wakes,
    )
