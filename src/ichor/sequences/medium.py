"""All sequences of a machine that came from a boot medium: it is configured, installed, left.

    API ─► stop where a disk is installed ─► configuration ─► installation ─► volumes ─► reboot

Nothing of Kubernetes runs here: pods have nowhere to be. The configuration goes to STATE of the
disk when all else has ended.
"""

from typing import Final

from ichor.cosi.controller import Out
from ichor.cosi.sequence import Condition, Guard, Phase, Request, Run, Sequence, Task, View
from ichor.ports.power import Ending
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID
from ichor.resources.runtime.installation import ID, BootMedium, Installation, InstallationStatus
from ichor.sequences.conditions import CONFIGURED, serving
from ichor.sequences.ending import REBOOT_SEQUENCE, RESET, SHUTDOWN, ending_by
from ichor.sequences.metal import PROVISION

ARGUMENT: Final = "talos.halt_if_installed="


def halts(line: str) -> bool:
    """Tell whether a kernel's command line says so; its last word counts."""
    said = [word for word in line.split() if word.startswith(ARGUMENT)]
    return bool(said) and said[-1].removeprefix(ARGUMENT).lower() in {"1", "true"}


def _is_installed_elsewhere(view: View, _: Run) -> bool:
    line = view.get(KernelCmdline, KERNEL_CMDLINE_ID)
    medium = view.get(BootMedium, ID)
    has = medium is not None and bool(medium.spec.installed)
    return has and line is not None and halts(line.spec.cmdline)


def _is_installed(view: View, _: Run) -> bool:
    status = view.get(InstallationStatus, ID)
    return status is not None and bool(status.spec.disk)


def _never(view: View, _: Run) -> bool:
    return False


def _reboots(view: View, _: Run) -> bool:
    status = view.get(InstallationStatus, ID)
    return status is not None and status.spec.reboot


_INSTALLED_ELSEWHERE: Final = Guard((Out(BootMedium), Out(KernelCmdline)), _is_installed_elsewhere)
_INSTALL: Final = Task(
    name="install",
    request=Request(Out(Installation), lambda _: (ID, Installation())),
    until=Condition((Out(InstallationStatus),), _is_installed),
    lasting=True,
)
INITIALIZE: Final = Sequence(
    name="initialize",
    phases=(
        Phase(
            "machined",
            (
                Task(name="startApid", until=serving("apid")),
                Task(name="startMachined", until=serving("machined")),
            ),
        ),
        ending_by("haltIfInstalled", Ending.HALT, _INSTALLED_ELSEWHERE),
        Phase("config", (Task(name="loadConfig", until=CONFIGURED),)),
        Phase("install", (_INSTALL,)),
        Phase("volumes", (PROVISION,)),
        ending_by("reboot", Ending.RESTART, Guard((Out(InstallationStatus),), _reboots)),
        Phase("waitForReboot", (Task(name="waitForReboot", until=Condition((), _never)),)),
    ),
)
SEQUENCES: Final = (INITIALIZE, REBOOT_SEQUENCE, SHUTDOWN, RESET)
