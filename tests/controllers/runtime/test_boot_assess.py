"""Tries of the running boot entry: given back to who is well, and to nobody else."""

import pytest

from ichor.controllers.runtime.boot_assess import Inputs, plan, report
from ichor.formats.boot_entry import BootEntry
from ichor.models import boot_entry
from ichor.ports.boot_entry import Arm, Boot
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootEntryStatus
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus, Readiness, UnmetCondition

LACKS = Readiness(ready=False, unmet_conditions=(UnmetCondition(name="time", reason="late"),))
READY = MachineStatus(stage=MachineStage.RUNNING, status=Readiness(ready=True))
TRIED = BootEntry(2, 1, 1)
OLD = BootEntry(1)
BOOT = Boot(entries=frozenset({OLD, TRIED}), running=TRIED)


@pytest.mark.parametrize("machine", [READY, MachineStatus(stage=MachineStage.MAINTENANCE)])
def test_who_is_well_has_its_tries_back_once(machine: MachineStatus) -> None:
    inputs = Inputs(machine=machine)
    assert list(plan(inputs, BOOT)) == [Arm(TRIED)]
    after = boot_entry.model(BOOT, Arm(TRIED))
    assert after == Boot(entries=frozenset({OLD, BootEntry(2)}), running=BootEntry(2))
    assert list(plan(inputs, after)) == []


@pytest.mark.parametrize(
    "machine",
    [
        None,
        MachineStatus(stage=MachineStage.BOOTING),
        MachineStatus(stage=MachineStage.RUNNING, status=LACKS),
        MachineStatus(stage=MachineStage.REBOOTING),
    ],
)
def test_who_is_not_has_not(machine: MachineStatus | None) -> None:
    assert list(plan(Inputs(machine=machine), BOOT)) == []


def test_who_cannot_read_its_configuration_has_not() -> None:
    waiting = MachineStatus(stage=MachineStage.MAINTENANCE)
    assert list(plan(Inputs(machine=waiting, stored=MachineConfig(text="?")), BOOT)) == []


@pytest.mark.parametrize("others", [frozenset(), {BootEntry(1, 0, 2)}])
def test_who_is_all_that_can_be_started_has_its_tries_at_once(
    others: frozenset[BootEntry],
) -> None:
    boot = Boot(entries=frozenset({*others, TRIED}), running=TRIED)
    assert list(plan(Inputs(), boot)) == [Arm(TRIED)]


@pytest.mark.parametrize("running", [None, BootEntry(2, None)])
def test_where_the_loader_counts_no_tries_there_are_none_to_give(
    running: BootEntry | None,
) -> None:
    assert list(plan(Inputs(machine=READY), Boot(running=running))) == []


def test_entries_are_told_of() -> None:
    assert set(report(Inputs(), BOOT)) == {
        ("2", BootEntryStatus(running=True, counted=True, tries_left=1, tries_failed=1)),
        ("1", BootEntryStatus(running=False, counted=True, tries_left=2, tries_failed=0)),
    }
