"""A start that has an upgrade to write does that, and restarts; others go on."""

from ichor.controllers.runtime.machine_status import machine_status
from ichor.cosi.operation import Operation, OperationStatus
from ichor.cosi.sequencer import StoreJournal, sequencer
from ichor.ports.power import Ending
from ichor.resources.runtime.ending import MachineEnd
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus
from ichor.resources.runtime.staged_upgrade import ID, StagedUpgradeStatus, StagedWrite
from ichor.resources.v1alpha1.service import Service
from ichor.sequences import metal
from ichor.testing.engine import World


class Start(World):
    """A machine whose API answers, and that knows nothing yet of what is staged."""

    def __init__(self) -> None:
        world = World()
        journal = StoreJournal(world.state, lambda _: None)
        made = [sequencer(metal.SEQUENCES, journal, "1"), machine_status]
        super().__init__(made, state=world.state, time=world.time)
        for name in ("apid", "machined"):
            self.put(Service(running=True, healthy=True), name)
        self.put(Operation(sequence="initialize"), "start")
        self.settle()

    def staged(self, image: str = "", *, written: bool = False) -> None:
        self.put(StagedUpgradeStatus(image=image, written=written), ID)
        self.settle()

    @property
    def phase(self) -> str:
        found = self.spec(OperationStatus, "start")
        assert found is not None
        return found.phase_name

    @property
    def stage(self) -> MachineStage:
        found = self.spec(MachineStatus, MACHINE_STATUS_ID)
        assert found is not None
        return found.stage


def test_nothing_goes_on_before_it_is_known_whether_something_is_staged() -> None:
    start = Start()
    assert start.phase == "staged"
    start.staged()
    assert start.phase == "config"
    assert not start.specs(StagedWrite)


def test_what_is_staged_is_written_and_the_machine_restarts() -> None:
    start = Start()
    start.staged("a")
    assert start.specs(StagedWrite)
    assert start.stage is MachineStage.UPGRADING
    start.staged("a", written=True)
    assert [one.ending for one in start.specs(MachineEnd).values()] == [Ending.RESTART.value]
    assert start.stage is MachineStage.UPGRADING


def test_what_was_dropped_lets_it_come_up_as_before() -> None:
    start = Start()
    start.staged("a")
    start.staged()
    assert not start.specs(MachineEnd)
    assert start.phase == "config"
    assert start.stage is MachineStage.MAINTENANCE
