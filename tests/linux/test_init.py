"""PID 1 of a pid namespace: it reaps orphans, hears SIGTERM, and ends as reboot(2) says."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.fresh import ROOT
from tests.linux.test_services import toy

from ichor.linux.clock import KernelClock
from ichor.linux.launch import Launcher
from ichor.linux.power import KernelPower
from ichor.linux.process import Reaper, on_signals
from ichor.linux.services import Supervisor
from ichor.ports.power import Ending
from ichor.ports.service import Start, State
from ichor.testing.cgroup import FakeCgroups

pytestmark = pytest.mark.root


def stubborn_pods() -> None:
    """Leave processes that nobody knows and that do not listen to SIGTERM."""
    os.posix_spawn("/bin/sh", ["sh", "-c", "trap '' TERM; sleep 100 & wait; wait"], os.environ)


def processes() -> list[str]:
    return [each.name for each in Path("/proc").iterdir() if each.name.isdecimal()]


def init(ending: Ending) -> None:
    """Be init: run a service that leaves orphans, wait for SIGTERM, stop all, end the machine."""
    assert os.getpid() == 1
    launcher = Launcher.fork()

    async def live(logs: Path) -> None:
        reaper, asked = Reaper(), asyncio.Event()
        supervisor = Supervisor(
            launcher=launcher,
            reaper=reaper,
            cgroups=FakeCgroups(),
            clock=KernelClock(),
            logs=logs,
        )
        on_signals({signal.SIGTERM: asked.set})
        launcher.start(reaper)
        reaper.start()
        await supervisor.apply(Start(spec=toy("idle", id="idle")))
        await supervisor.apply(Start(spec=toy("orphans", id="orphans")))
        wakes = supervisor.wakes()
        while reaper.orphans == 0 or supervisor.observe()["idle"].state is not State.RUNNING:
            await anext(wakes)
        print("ready", flush=True)
        await asked.wait()
        await supervisor.stop_all()
        launcher.abandon()
        print("stopped", *sorted(s.state.value for s in supervisor.observe().values()), flush=True)
        stubborn_pods()
        await reaper.end_all(KernelClock(), 0.2)
        print("alone", *processes(), flush=True)  # the end of the machine flushes nothing

    with tempfile.TemporaryDirectory() as logs:
        asyncio.run(live(Path(logs)))
    KernelPower().apply(ending)


def _boot(ending: Ending) -> tuple[int, list[str]]:
    code = f"from {__name__} import init, Ending; init(Ending.{ending.name})"
    argv = ["unshare", "--pid", "--mount-proc", "--kill-child", "--fork"]
    machine = subprocess.Popen(
        [*argv, sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with machine:
        assert machine.stdout is not None
        lines = [machine.stdout.readline().strip()]
        children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        lines += machine.stdout.read().splitlines()
        return machine.wait(timeout=30), lines


@pytest.mark.parametrize(
    ("ending", "number"),
    [(Ending.RESTART, signal.SIGHUP), (Ending.POWER_OFF, signal.SIGINT)],
)
def test_init_reaps_stops_its_services_and_ends_by_the_signal_of_the_ending(
    ending: Ending, number: int
) -> None:
    code, lines = _boot(ending)
    assert lines == ["ready", "stopped Finished Finished", "alone 1"]
    # unshare(1) ends itself by the signal that ended its child.
    assert code in (-number, 128 + number)
