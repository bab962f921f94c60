"""What was staged is written once it is asked for, once."""

import pytest

from ichor.controllers.cri.service import ConfiguredInputs, reconcile_configured
from ichor.controllers.runtime.staged_upgrade import Inputs, plan, report
from ichor.ports.staging import Staging, Write
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.runtime.staged_upgrade import ID, StagedUpgradeStatus, StagedWrite

ASKED = Inputs(asked={ID: StagedWrite()})
STAGED = Staging(image="a.example/b:1")


def test_what_is_staged_is_written_when_it_is_asked_for() -> None:
    assert list(plan(ASKED, STAGED)) == [Write()]
    assert not list(plan(Inputs(), STAGED))
    assert list(report(ASKED, STAGED)) == [(ID, StagedUpgradeStatus(image=STAGED.image))]


@pytest.mark.parametrize("seen", [Staging(), Staging(image="a", written=True)])
def test_it_is_written_once(seen: Staging) -> None:
    assert not list(plan(ASKED, seen))


@pytest.mark.parametrize(("staged", "runs"), [("", True), ("a.example/b:1", False)])
def test_nothing_of_kubernetes_starts_before_it_is(staged: str, runs: bool) -> None:
    inputs = ConfiguredInputs(
        file=EtcFileStatus(),
        machine=MachineType(type=MachineKind.WORKER),
        staged=StagedUpgradeStatus(image=staged),
    )
    assert bool(list(reconcile_configured(inputs))) is runs
