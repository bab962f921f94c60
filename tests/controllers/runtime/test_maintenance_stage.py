"""Maintenance is where nobody is asked for a configuration any more."""

from datetime import UTC, datetime

import pytest

from ichor.controllers.runtime.machine_status import Inputs, stage
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
