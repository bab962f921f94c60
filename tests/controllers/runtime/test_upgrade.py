"""An upgrade on probation: started again where it does not become well, settled where it is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ichor.controllers.runtime.upgrade import (
    PROBATION,
    Inputs,
    SettleInputs,
    probation,
    reconcile,
    settle,
)
from ichor.cosi.controller import WakeAt
from ichor.cosi.operation import Operation, OperationStatus
from ichor.ports.meta import Drop
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootEntryStatus, BootID, KernelCmdline
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus, Readiness
from ichor.resources.runtime.meta import MetaKey

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
READY = MachineStatus(stage=MachineStage.RUNNING, status=Readiness(ready=True))


def entry(left: int, failed: int, *, running: bool = False) -> BootEntryStatus:
    return BootEntryStatus(running=running, counted=True, tries_left=left, tries_failed=failed)


TRIED: Mapping[str, BootEntryStatus] = {"1": entry(2, 0), "2": entry(1, 1, running=True)}
LATE = Inputs(
    now=BEGUN + PROBATION,
    former=MetaKey(value="ichor-1.efi"),
    machine=MachineStatus(stage=MachineStage.BOOTING),
    journal={"a": OperationStatus(sequence="initialize", started=BEGUN)},
    entries=TRIED,
    boot=BootID(boot_id="b"),
)


def test_who_is_not_well_in_time_is_started_again() -> None:
    before = replace(LATE, now=LATE.now - timedelta(seconds=1))
    assert list(reconcile(before)) == [WakeAt(BEGUN + PROBATION)]
    reboot = Operation(sequence="reboot")
    assert list(reconcile(LATE)) == [("probation-b", reboot)]


@pytest.mark.parametrize(
    "inputs",
    [
        replace(LATE, former=None),
        replace(LATE, machine=READY),
        replace(LATE, machine=MachineStatus(stage=MachineStage.MAINTENANCE)),
        replace(LATE, machine=MachineStatus(stage=MachineStage.RESETTING)),
        replace(LATE, journal={}),
        replace(LATE, entries={"2": entry(1, 1, running=True)}),
        replace(LATE, entries={"1": entry(0, 2), "2": entry(1, 1, running=True)}),
        replace(LATE, entries={"1": entry(1, 1, running=True), "2": entry(0, 2)}),
        replace(LATE, entries={"1": entry(2, 0), "2": entry(2, 0, running=True)}),
    ],
    ids=[
        "no upgrade",
        "ready",
        "maintenance",
        "is reset",
        "not begun",
        "nothing else",
        "the other is spent",
        "fell back",
        "was well",
    ],
)
def test_nobody_else_is(inputs: Inputs) -> None:
    assert not list(reconcile(inputs))


def test_who_cannot_read_its_configuration_is_not_well() -> None:
    waiting = MachineStatus(stage=MachineStage.MAINTENANCE)
    inputs = replace(LATE, machine=waiting, stored=MachineConfig(text="?"))
    assert [type(one) for one in reconcile(inputs)] == [tuple]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("quiet ichor.probation=30s panic=10", timedelta(seconds=30)),
        ("quiet", PROBATION),
        ("ichor.probation=soon", PROBATION),
    ],
)
def test_the_command_line_may_say_how_long(line: str, expected: timedelta) -> None:
    assert probation(line) == expected
    if expected != PROBATION:
        inputs = replace(LATE, now=BEGUN + expected, line=KernelCmdline(cmdline=line))
        assert [type(one) for one in reconcile(inputs)] == [tuple]


VALUES: Mapping[int, bytes] = {6: b"ichor-1.efi", 10: b"x"}


def test_an_upgrade_is_settled_once_all_is_well() -> None:
    well = SettleInputs(machine=READY, entries=TRIED)
    assert list(settle(well, VALUES)) == [Drop(6)]
    assert not list(settle(well, {10: b"x"}))
    assert not list(settle(replace(well, machine=LATE.machine), VALUES))
    assert not list(settle(SettleInputs(), VALUES))


def test_an_upgrade_that_had_its_tries_is_settled_too() -> None:
    entries = {"1": entry(2, 0, running=True), "2": entry(0, 2)}
    assert list(settle(SettleInputs(machine=READY, entries=entries), VALUES)) == [Drop(6)]


@pytest.mark.parametrize("others", [{}, {"2": entry(2, 0)}, {"2": entry(1, 1)}])
def test_an_upgrade_that_was_not_started_yet_is_not(others: Mapping[str, BootEntryStatus]) -> None:
    entries = {"1": entry(2, 0, running=True), **others}
    assert not list(settle(SettleInputs(machine=READY, entries=entries), VALUES))
