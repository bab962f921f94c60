"""An image that is well has older ones refused from then on, and never allows more."""

import pytest
from msgspec.structs import replace
from tests.controllers.runtime.test_upgrade import READY

from ichor.controllers.runtime.generation import Inputs, plan
from ichor.models.generation import model
from ichor.ports.generation import Allow, Least, Remember
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus

LINE = KernelCmdline(cmdline="ichor.generation=3 ichor.least=2")
WELL = Inputs(machine=READY, line=LINE)


@pytest.mark.parametrize("observed", [None, 0, 1])
def test_what_is_well_is_remembered_once(observed: int | None) -> None:
    (action,) = plan(WELL, Least(observed))
    assert action == Remember(2)
    assert list(plan(WELL, model(Least(observed), action))) == []


def test_what_an_administrator_allows_the_image_that_runs_does_not_take_back() -> None:
    allowed = model(model(Least(), Remember(2)), Allow(0))
    assert allowed.number == 0
    assert list(plan(WELL, allowed)) == []
    assert list(plan(WELL, Least(allowed.number))) == [Remember(2)]  # the next boot's does


@pytest.mark.parametrize(
    "inputs",
    [
        replace(WELL, machine=None),
        replace(WELL, machine=MachineStatus(stage=MachineStage.BOOTING)),
        replace(
            WELL,
            machine=MachineStatus(stage=MachineStage.MAINTENANCE),
            stored=MachineConfig(text=""),
        ),
        replace(WELL, line=None),
        replace(WELL, line=KernelCmdline(cmdline="ichor.least=x")),
        replace(WELL, line=KernelCmdline(cmdline="quiet")),
    ],
)
def test_what_is_not_well_or_says_nothing_changes_nothing(inputs: Inputs) -> None:
    assert list(plan(inputs, Least())) == []


def test_what_was_remembered_is_never_lowered() -> None:
    assert list(plan(WELL, Least(3))) == []
