"""DashboardService: a machine with a screen shows there what it is.

    runtime/KernelCmdline ─┐
    runtime/Screen        ─┴─► runtime/ServiceSpec "dashboard"

`talos.dashboard.console` names another terminal; one that is none of the screen's, as a serial
port, needs no screen. Nothing is started where nobody would see it.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.formats import kernel_line
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID
from ichor.resources.runtime.screen import ID as SCREEN_ID
from ichor.resources.runtime.screen import Screen
from ichor.resources.runtime.service_spec import Confinement, Daemon, Resources, ServiceSpec

ID: Final = "dashboard"
UID: Final = 50
PRIORITY: Final = 10
DISABLED, CONSOLE = "talos.dashboard.disabled", "talos.dashboard.console"
TERMINAL: Final = "tty2"
_OF_SCREEN: Final = re.compile(r"tty\d+")


class Inputs(Struct, frozen=True, kw_only=True):
    line: Annotated[KernelCmdline, Get("runtime", KERNEL_CMDLINE_ID)]
    screen: Annotated[Screen | None, Get("runtime", SCREEN_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, ServiceSpec]]:
    terminal = wanted(inputs.line.cmdline)
    if terminal and (inputs.screen is not None or not _OF_SCREEN.fullmatch(terminal)):
        yield (
            ID,
            ServiceSpec(
                id=ID,
                program=Daemon(entry="ichor.apps.dashboard.main:main"),
                confinement=Confinement(
                    uid=UID,
                    gid=UID,
                    capabilities=(),
                    no_new_privs=True,
                    seccomp="dashboard",
                    nice=PRIORITY,
                ),
                cgroup="system/dashboard",
                resources=Resources(memory_max=128 << 20, cpu_millicores=200),
                log=ID,
                terminal=f"/dev/{terminal}",
            ),
        )


def wanted(line: str) -> str:
    """Give the terminal's name; empty where there should be no dashboard. The last word counts."""
    if [*kernel_line.values(line, DISABLED)][-1:] == ["1"]:
        return ""
    return [TERMINAL, *kernel_line.values(line, CONSOLE)][-1]


dashboard_service = Transform(
    name="runtime.DashboardService",
    inputs=Inputs,
    outputs=[Out(ServiceSpec)],
    reconcile=reconcile,
)
