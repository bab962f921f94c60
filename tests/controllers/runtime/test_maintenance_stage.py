"""The stage of a machine. Maintenance is where nobody is asked for a configuration any more."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ichor.controllers.runtime.machine_status import Inputs, reconcile, stage
from ichor.cosi.operation import OperationStatus, State
from ichor.resources.config.source import ConfigSource, SourceState
from ichor.resources.runtime.kinds import MachineStage

WAITING = OperationStatus(
    sequence="initialize",
    state=State.RUNNING,
    phase=1,
    phase_name="config",
    started=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ((), MachineStage.MAINTENANCE),
        ((ConfigSource(state=SourceState.ASKING, remote=True),), MachineStage.BOOTING),
        ((ConfigSource(state=SourceState.ABSENT, remote=True),), MachineStage.MAINTENANCE),
        ((ConfigSource(state=SourceState.FAILED),), MachineStage.MAINTENANCE),
    ],
)
def test_the_stage_of_a_node_without_a_configuration(
    sources: tuple[ConfigSource, ...], expected: MachineStage
) -> None:
    assert stage(Inputs(journal={"a": WAITING}, sources=sources)) is expected


BOOTED = replace(WAITING, sequence="boot", state=State.DONE, phase=9, phase_name="last")
ENDING = replace(BOOTED, phase=0, phase_name="drain", started=BOOTED.started + timedelta(hours=1))


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(
    ("sequence", "going"),
    [
        ("reboot", MachineStage.REBOOTING),
        ("shutdown", MachineStage.SHUTTING_DOWN),
        ("reset", MachineStage.RESETTING),
    ],
)
def test_an_end_that_does_not_come_leaves_a_machine_as_it_was(
    sequence: str, going: MachineStage, state: State
) -> None:
    """A drain that fails: the node stays, and is ready again."""
    journal = {"a": BOOTED, "b": replace(ENDING, sequence=sequence, state=state)}
    ((_, status),) = reconcile(Inputs(journal=journal))
    goes_on = state in {State.RUNNING, State.DONE}
    assert status.stage is (going if goes_on else MachineStage.RUNNING)
    # What it lacks counts again.
    assert bool(status.status.unmet_conditions) is not goes_on
