"""Installation: a machine that came from a boot medium goes to the disk its configuration names.

    runtime/Installation (all), config/ActiveConfig ─► plan ─► the disk
        ─► runtime/InstallationStatus

Once in a boot. A disk that is not blank is left as it is unless the configuration says `wipe`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.unattended_install import UnattendedInstallConfig
from ichor.config.selector import Disk, matches
from ichor.cosi.controller import Actuator, All, Get, Out, Yield
from ichor.errors import Conflict, FormatError, NotFound
from ichor.ports.installation import Installations, InstallTo, Machine, Target
from ichor.resources.block.layout import LEAST
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.runtime.ids import UNATTENDED_INSTALL_STATUS_ID
from ichor.resources.runtime.image_factory import UnattendedInstallStatus
from ichor.resources.runtime.installation import ID, Installation, InstallationStatus
from ichor.resources.runtime.kinds import UnattendedInstallPhase


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, Installation], All("runtime")] = {}
    config: Annotated[ActiveConfig | None, Get("config", CONFIG_ID)] = None


class Wish(Struct, frozen=True):
    """What a configuration says: a disk by its path, or by what an expression says of it."""

    disk: str = ""
    match: str = ""
    wipe: bool = False
    reboot: bool = True
    is_unattended: bool = False


def wish(config: Config) -> Wish | None:
    """Give it; None where the configuration leaves it to whoever calls the API."""
    document = config.one(UnattendedInstallConfig)
    if document is not None:
        given = document.provisioning
        return Wish(
            match=given.disk_selector.match,
            wipe=given.wipe,
            reboot=document.reboot is not False,
            is_unattended=True,
        )
    old = config.main.machine.install if config.main is not None else None
    return Wish(disk=old.disk, wipe=old.wipe) if old is not None else None


def plan(inputs: Inputs, observed: Machine) -> Iterator[InstallTo]:
    """Raises Conflict, NotFound."""
    wanted = wanted_of(inputs)
    if inputs.asked and wanted is not None and not observed.installed and not observed.busy:
        yield InstallTo(chosen(wanted, observed).name, wanted.wipe)


def wanted_of(inputs: Inputs) -> Wish | None:
    return wish(inputs.config.value) if inputs.config is not None else None


def chosen(wanted: Wish, observed: Machine) -> Target:
    """Give the first disk that is meant. Raises NotFound, Conflict where it will not do."""
    for one in observed.targets:
        if is_meant(wanted, one):
            one.check(wipe=wanted.wipe)
            return one
    there = ", ".join(f"/dev/{one.name}" for one in observed.targets) or "none"
    raise NotFound(f"there is no disk {wanted.disk or wanted.match}; there are: {there}")


def is_meant(wanted: Wish, disk: Target) -> bool:
    """A path names any disk, an expression only such as could be installed to.

    Raises FormatError where the expression does not fit a disk.
    """
    if wanted.disk:
        return disk.name == wanted.disk.removeprefix("/dev/")
    facts = Disk(
        dev_path=f"/dev/{disk.name}",
        size=disk.size,
        sector_size=disk.sector,
        rotational=disk.rotational,
        transport=disk.transport,
        model=disk.model,
        serial=disk.serial,
        wwid=disk.wwid,
        modalias=disk.modalias,
    )
    return not disk.read_only and disk.size >= LEAST and matches(wanted.match, facts)


def report(inputs: Inputs, observed: Machine) -> Iterator[Yield]:
    wanted, error = wanted_of(inputs), ""
    if inputs.asked and wanted is not None and not observed.installed:
        try:
            chosen(wanted, observed)
        except (Conflict, NotFound, FormatError) as err:
            error = str(err)
    reboot = wanted is None or wanted.reboot
    yield ID, InstallationStatus(disk=observed.installed, reboot=reboot, error=error)
    if wanted is not None and wanted.is_unattended:
        now = phase(observed, error, reboot=reboot)
        status = UnattendedInstallStatus(image=observed.image, phase=now, error=error)
        yield UNATTENDED_INSTALL_STATUS_ID, status


def phase(observed: Machine, error: str, *, reboot: bool) -> UnattendedInstallPhase:
    if observed.installed:
        waits = UnattendedInstallPhase.WAITING_FOR_REBOOT
        return UnattendedInstallPhase.INSTALLED if reboot else waits
    if observed.busy:
        return UnattendedInstallPhase.INSTALLING
    return UnattendedInstallPhase.FAILED if error else UnattendedInstallPhase.PENDING


def installation(port: Installations) -> Actuator[Inputs, Machine, InstallTo]:
    return Actuator(
        name="runtime.Installation",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(InstallationStatus), Out(UnattendedInstallStatus)],
        report=report,
        wakes=port.wakes,
    )
