import pytest

from ichor.controllers.runtime.dashboard_service import Inputs, reconcile
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.screen import Screen

SCREEN = Screen(driver="frame buffer device")


def terminals(line: str, screen: Screen | None) -> list[str]:
    inputs = Inputs(line=KernelCmdline(cmdline=line), screen=screen)
    return [spec.terminal for _, spec in reconcile(inputs)]


@pytest.mark.parametrize(
    ("line", "screen", "terminal"),
    [
        pytest.param("quiet", SCREEN, ["/dev/tty2"], id="a screen"),
        pytest.param("quiet", None, [], id="no screen"),
        pytest.param("talos.dashboard.disabled=1", SCREEN, [], id="not wanted"),
        pytest.param("talos.dashboard.disabled=0", SCREEN, ["/dev/tty2"], id="wanted"),
        pytest.param("talos.dashboard.console=tty3", SCREEN, ["/dev/tty3"], id="another of it"),
        pytest.param("talos.dashboard.console=tty3", None, [], id="another of none"),
        pytest.param("talos.dashboard.console=ttyS1", None, ["/dev/ttyS1"], id="a serial port"),
    ],
)
def test_a_dashboard_runs_where_somebody_could_see_it(
    line: str, screen: Screen | None, terminal: list[str]
) -> None:
    assert terminals(line, screen) == terminal


def test_it_holds_no_power_and_little_of_the_machine() -> None:
    ((_, spec),) = reconcile(Inputs(line=KernelCmdline(cmdline=""), screen=SCREEN))
    assert (spec.confinement.uid, spec.confinement.capabilities) == (50, ())
    assert spec.confinement.seccomp == "dashboard"
    assert spec.resources.memory_max == 128 << 20
