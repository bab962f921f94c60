"""A machine from a boot medium is installed once, to the disk that is named, if it will do."""

import pytest
from msgspec.structs import replace
from tests.config import samples

from ichor.config.container import Config
from ichor.config.documents import v1alpha1
from ichor.config.documents.unattended_install import (
    DiskSelector,
    Provisioning,
    UnattendedInstallConfig,
)
from ichor.config.documents.v1alpha1 import Install
from ichor.controllers.runtime.installation import Inputs, plan, report
from ichor.errors import Conflict, NotFound
from ichor.models import installation
from ichor.ports.installation import Holds, InstallTo, Machine, Target
from ichor.resources.block.layout import LEAST
from ichor.resources.config.active import ActiveConfig
from ichor.resources.runtime.image_factory import UnattendedInstallStatus
from ichor.resources.runtime.installation import ID, Installation, InstallationStatus
from ichor.resources.runtime.kinds import UnattendedInstallPhase

ASKED = {ID: Installation()}
DISK = Target(name="vda", size=LEAST)
MACHINE = Machine(targets=(DISK,), image="x")


def config(install: Install | None) -> ActiveConfig:
    def told(document: object) -> object:
        if isinstance(document, v1alpha1.MainConfig):
            return replace(document, machine=replace(document.machine, install=install))
        return document

    documents = tuple(told(one) for one in samples.worker().documents)
    return ActiveConfig(value=Config(documents=documents))  # type: ignore[arg-type] # as they were


def inputs(**install: object) -> Inputs:
    return Inputs(asked=ASKED, config=config(Install(**install)))  # type: ignore[arg-type] # fields


def status(given: Inputs, machine: Machine) -> InstallationStatus:
    (row,) = report(given, machine)
    assert isinstance(row, tuple)
    assert isinstance(row[1], InstallationStatus)
    return row[1]


def test_it_installs_to_the_disk_that_is_named_once() -> None:
    given = inputs(disk="/dev/vda")
    assert list(plan(given, MACHINE)) == [InstallTo("vda")]
    assert status(given, MACHINE) == InstallationStatus()
    after = installation.model(MACHINE, InstallTo("vda"))
    assert list(plan(given, after)) == []
    assert status(given, after).disk == "vda"


def test_while_another_writes_it_waits() -> None:
    assert list(plan(inputs(disk="/dev/vda"), replace(MACHINE, busy=True))) == []


@pytest.mark.parametrize(
    "given", [Inputs(), Inputs(asked=ASKED), Inputs(asked=ASKED, config=config(None))]
)
def test_unasked_or_without_a_disk_in_the_configuration_nothing_is_done(given: Inputs) -> None:
    assert list(plan(given, MACHINE)) == []
    assert status(given, MACHINE) == InstallationStatus()


def test_a_disk_that_is_not_there_is_named_beside_those_that_are() -> None:
    given = inputs(disk="/dev/sda")
    with pytest.raises(NotFound, match=r"no disk /dev/sda; there are: /dev/vda"):
        list(plan(given, MACHINE))
    assert "no disk /dev/sda" in status(given, MACHINE).error
    assert "there are: none" in status(given, Machine()).error


@pytest.mark.parametrize(
    ("disk", "said"),
    [
        (replace(DISK, read_only=True), "read-only"),
        (replace(DISK, size=LEAST - 1), "are needed"),
        (replace(DISK, sector=4096), "sectors of 4096"),
        (replace(DISK, holds=Holds.FOREIGN), "something else"),
        (replace(DISK, holds=Holds.INSTALLED), "an installation"),
    ],
)
def test_a_disk_that_will_not_do_is_refused_with_the_reason(disk: Target, said: str) -> None:
    given, machine = inputs(disk="/dev/vda"), replace(MACHINE, targets=(disk,))
    with pytest.raises(Conflict, match=said):
        list(plan(given, machine))
    assert said in status(given, machine).error


@pytest.mark.parametrize("holds", [Holds.FOREIGN, Holds.INSTALLED, Holds.BEGUN])
def test_what_may_be_lost_is_no_reason(holds: Holds) -> None:
    machine = replace(MACHINE, targets=(replace(DISK, holds=holds),))
    assert list(plan(inputs(disk="/dev/vda", wipe=True), machine)) == [InstallTo("vda", True)]


def unattended(match: str, *, wipe: bool = True, reboot: bool | None = None) -> Inputs:
    provisioning = Provisioning(disk_selector=DiskSelector(match=match), wipe=wipe)
    document = UnattendedInstallConfig(provisioning=provisioning, reboot=reboot)
    value = Config(documents=(*samples.worker().documents, document))
    return Inputs(asked=ASKED, config=ActiveConfig(value=value))


def told(given: Inputs, machine: Machine) -> UnattendedInstallStatus:
    rows = [row[1] for row in report(given, machine) if isinstance(row, tuple)]
    (found,) = (row for row in rows if isinstance(row, UnattendedInstallStatus))
    return found


NVME = Target(name="nvme0n1", size=2 * LEAST, transport="nvme", holds=Holds.FOREIGN)
SMALL = Target(name="nvme1n1", size=LEAST - 1, transport="nvme")
SEVERAL = Machine(targets=(SMALL, DISK, NVME), image="x")


def test_unattended_the_first_disk_that_will_do_is_taken_and_wiped() -> None:
    given = unattended('disk.transport == "nvme"')
    assert list(plan(given, SEVERAL)) == [InstallTo("nvme0n1", True)]
    assert told(given, SEVERAL).phase is UnattendedInstallPhase.PENDING
    assert told(given, replace(SEVERAL, busy=True)).phase is UnattendedInstallPhase.INSTALLING
    after = installation.model(SEVERAL, InstallTo("nvme0n1"))
    assert told(given, after).phase is UnattendedInstallPhase.INSTALLED


def test_unattended_it_restarts_unless_it_shall_not() -> None:
    after = installation.model(SEVERAL, InstallTo("vda"))
    waiting = unattended("true", reboot=False)
    assert told(waiting, after).phase is UnattendedInstallPhase.WAITING_FOR_REBOOT
    assert not status_of(waiting, after).reboot
    assert status_of(unattended("true", reboot=True), after).reboot


def status_of(given: Inputs, machine: Machine) -> InstallationStatus:
    rows = [row[1] for row in report(given, machine) if isinstance(row, tuple)]
    (found,) = (row for row in rows if isinstance(row, InstallationStatus))
    return found


def test_unattended_it_says_why_it_cannot() -> None:
    for match, wipe, said in (
        ('disk.transport == "usb"', True, "there is no disk disk.transport"),
        ('disk.transport == "nvme"', False, "holds something else"),
        ("disk.size", True, "true or false"),
    ):
        found = told(unattended(match, wipe=wipe), SEVERAL)
        assert found.phase is UnattendedInstallPhase.FAILED
        assert said in found.error
