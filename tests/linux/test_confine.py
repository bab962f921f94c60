"""Confinement as the kernel tells it; each scenario in an interpreter of its own."""

import errno
import os
import signal
import struct
import tempfile
from fcntl import ioctl
from termios import TIOCSWINSZ

import pytest
from msgspec.structs import replace
from tests.fresh import fresh
from tests.linux.daemons import FORBIDDEN
from tests.linux.test_services import World, run, toy

from ichor.controllers.runtime import dashboard_service
from ichor.linux.confine import CAPABILITIES
from ichor.linux.process import readable
from ichor.ports.service import Exit, Signal, Start, State
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.service_spec import Confinement, Daemon, Exec, Restart, ServiceSpec

pytestmark = pytest.mark.root

NOBODY = Confinement(
    uid=50,
    gid=50,
    capabilities=(),
    seccomp="network-daemon",
    limits={"nofile": (1024, 4096), "core": (0, 0)},
    oom_score_adj=-998,
)

# As root in name only: the interpreter of a checkout need not be readable by others.
POWERLESS = replace(NOBODY, uid=0, gid=0)


async def _daemon(world: World) -> None:
    spec = replace(toy("confined", restart=Restart.NEVER), confinement=NOBODY)
    await world.supervisor.apply(Start(spec=spec))
    service = await world.state("toy", State.FAILED)
    lines = world.supervisor.log_file("toy").path.read_text().splitlines()
    assert service.exit == Exit(signal=signal.SIGSYS), lines
    assert "Uid: 50 50 50 50" in lines
    assert "Groups:" in lines
    assert "NoNewPrivs: 1" in lines
    assert "Seccomp: 2" in lines
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{kind}: 0000000000000000" in lines
    assert "thread" in lines
    assert [line for line in lines if line.split()[0] in FORBIDDEN] == [
        "fork 1",
        "packet 1",
        "setuid 1",
        "kill 1",
        "map 1",
        "memory 13",
    ]


def daemon_scenario() -> None:
    run(_daemon)


async def _from_memory(world: World) -> None:
    spec = replace(toy("from_memory", restart=Restart.NEVER), confinement=NOBODY)
    await world.supervisor.apply(Start(spec=spec))
    service = await world.state("toy", State.FAILED)
    lines = world.supervisor.log_file("toy").path.read_text().splitlines()
    assert (service.exit, lines) == (Exit(signal=signal.SIGSYS), ["in memory"])


def memory_scenario() -> None:
    run(_from_memory)


def test_a_network_daemon_dies_when_it_starts_a_program_that_is_in_memory_only() -> None:
    fresh(memory_scenario)


def test_a_network_daemon_holds_nothing_and_dies_when_it_starts_a_program() -> None:
    fresh(daemon_scenario)


async def _serve(world: World) -> None:
    with tempfile.TemporaryDirectory() as directory:
        program = Daemon(entry="tests.linux.daemons:serve", arguments=(directory,))
        spec = ServiceSpec(
            id="toy", program=program, confinement=POWERLESS, log="toy", restart=Restart.NEVER
        )
        file = world.supervisor.log_file("toy")
        await world.supervisor.apply(Start(spec=spec))
        await world.until(lambda: world.supervisor.observe()["toy"].exit is not None)
        assert world.supervisor.observe()["toy"].exit == Exit(), file.path.read_text()
        assert file.path.read_text().splitlines()[-1] == "served"


def serve_scenario() -> None:
    run(_serve)


def test_a_network_daemon_serves_sockets_files_and_threads_without_powers() -> None:
    fresh(serve_scenario)


async def _picture(world: World) -> None:
    master, slave = os.openpty()
    ioctl(slave, TIOCSWINSZ, struct.pack("4H", 33, 101, 0, 0))
    confinement = replace(POWERLESS, seccomp="dashboard", nice=10)
    spec = replace(toy("picture", restart=Restart.NEVER), confinement=confinement)
    await world.supervisor.apply(Start(spec=replace(spec, terminal=os.ttyname(slave))))
    await world.until(lambda: world.supervisor.observe()["toy"].exit is not None)
    said = world.supervisor.log_file("toy").path.read_text().splitlines()
    behind = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    assert said == [f"typing {errno.EPERM}", f"priority {behind}"]
    assert "101 by 33" in os.read(master, 4096).decode()
    os.close(slave)
    os.close(master)


def picture_scenario() -> None:
    run(_picture)


def test_a_dashboard_draws_on_its_terminal_and_cannot_type_there() -> None:
    fresh(picture_scenario)


async def _dashboard(world: World) -> None:
    master, slave = os.openpty()
    line = f"{dashboard_service.CONSOLE}={os.ttyname(slave).removeprefix('/dev/')}"
    inputs = dashboard_service.Inputs(line=KernelCmdline(cmdline=line))
    ((_, spec),) = dashboard_service.reconcile(inputs)
    powerless = replace(spec.confinement, uid=0, gid=0)
    spec = replace(spec, confinement=powerless, restart=Restart.NEVER)
    await world.supervisor.apply(Start(spec=spec))
    said = b""
    while b"CONNECTIVITY" not in said:
        await readable(master)
        said += os.read(master, 4096)
    await world.supervisor.apply(Signal(id="dashboard", number=signal.SIGTERM))
    service = await world.state("dashboard", State.FINISHED)
    assert service.exit == Exit()
    os.close(slave)
    os.close(master)


def dashboard_scenario() -> None:
    run(_dashboard)


def test_the_dashboard_itself_draws_within_its_confinement_and_ends_when_told() -> None:
    """There is no machined to ask here: it draws what it knows, which is nothing."""
    fresh(dashboard_scenario)


async def _capability(world: World) -> None:
    spec = ServiceSpec(
        id="cat",
        program=Exec(argv=("/bin/cat", "/proc/self/status")),
        confinement=Confinement(uid=60, gid=60, groups=(61,), capabilities=("net_bind_service",)),
        log="cat",
        restart=Restart.NEVER,
    )
    file = world.supervisor.log_file("cat")
    await world.supervisor.apply(Start(spec=spec))
    await world.state("cat", State.FINISHED)
    text = file.path.read_text().replace("\t", " ")
    only = f"{1 << CAPABILITIES.index('net_bind_service'):016x}"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{kind}: {only}" in text
    assert "Uid: 60 60 60 60" in text
    assert "Groups: 61" in text


def capability_scenario() -> None:
    run(_capability)


def test_a_program_keeps_exactly_the_capabilities_it_was_given() -> None:
    fresh(capability_scenario)
