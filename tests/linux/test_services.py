"""The supervisor over a real zygote; each scenario in an interpreter of its own."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from tests.fresh import fresh

from ichor.linux.launch import Launcher
from ichor.linux.process import Reaper, become_subreaper
from ichor.linux.services import Supervisor, backoff
from ichor.ports.service import Exit, Forget, Service, Signal, Start, State, Stop
from ichor.resources.runtime.service_spec import Daemon, Exec, Restart, ServiceSpec
from ichor.testing.cgroup import FakeCgroups
from ichor.testing.clock import FakeClock


class World:
    def __init__(self, launcher: Launcher, logs: Path) -> None:
        self.launcher = launcher
        self.clock = FakeClock()
        self.reaper = Reaper()
        self.cgroups = FakeCgroups()
        self.supervisor = Supervisor(
            launcher=launcher,
            reaper=self.reaper,
            cgroups=self.cgroups,
            clock=self.clock,
            logs=logs,
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        wakes = self.supervisor.wakes()
        while not holds():
            await anext(wakes)

    async def state(self, id: str, state: State) -> Service:
        await self.until(lambda: self.supervisor.observe()[id].state is state)
        return self.supervisor.observe()[id]

    async def printed(self, log: str, text: str) -> None:
        grown = asyncio.Event()
        file = self.supervisor.log_file(log)
        file.on_grown = grown.set
        while not any(text in line for line in file.tail):
            await grown.wait()
            grown.clear()


def run(scenario: Callable[[World], Awaitable[None]]) -> None:
    become_subreaper()
    launcher = Launcher.fork(["json"])
    with tempfile.TemporaryDirectory() as logs:

        async def live() -> None:
            world = World(launcher, Path(logs))
            launcher.start(world.reaper)
            world.reaper.start()
            async with asyncio.timeout(30):
                await scenario(world)
                await world.supervisor.stop_all()
                await launcher.stop()

        asyncio.run(live())
    signal.alarm(10)  # a child that lives on would be waited for until then
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def toy(name: str, *, restart: Restart = Restart.ALWAYS, id: str = "toy") -> ServiceSpec:
    program = Daemon(entry=f"tests.linux.daemons:{name}", arguments=("--flag",))
    return ServiceSpec(
        id=id, program=program, log=id, restart=restart, cgroup=f"system/{id}", sweep=True
    )


async def _report(world: World) -> None:
    await world.supervisor.apply(Start(spec=toy("report", restart=Restart.NEVER)))
    service = await world.state("toy", State.FAILED)
    assert service.exit == Exit(code=3)
    assert service.starts == 1
    text = "\n".join(world.supervisor.log_file("toy").tail)
    assert "name toy" in text, text
    assert "cmdline toy --flag" in text
    assert f"parent {os.getpid()}" in text
    assert "descriptors [0, 1, 2, 3]" in text  # 3 lists the directory itself
    assert "session True" in text
    assert "term True" in text
    assert "environment []" in text
    assert [event.state for event in service.events] == [
        State.PREPARING,
        State.STARTING,
        State.RUNNING,
        State.FAILED,
    ]


def report_scenario() -> None:
    run(_report)


def test_a_daemon_is_our_child_with_clean_descriptors_signals_and_environment() -> None:
    fresh(report_scenario)


async def _kill(world: World) -> None:
    await world.supervisor.apply(Start(spec=toy("idle")))
    first = await world.state("toy", State.RUNNING)
    await world.supervisor.apply(Signal(id="toy", number=signal.SIGKILL))
    await world.until(lambda: world.supervisor.observe()["toy"].starts == 2)
    second = await world.state("toy", State.RUNNING)
    assert second.pid not in (0, first.pid)
    await world.supervisor.apply(Stop(id="toy"))
    stopped = world.supervisor.observe()["toy"]
    assert stopped.state is State.FINISHED
    assert stopped.pid == 0
    await world.supervisor.apply(Forget(id="toy"))
    assert world.supervisor.observe() == {}


def kill_scenario() -> None:
    run(_kill)


def test_a_killed_service_comes_back_and_a_stopped_one_does_not() -> None:
    fresh(kill_scenario)


async def _stubborn(world: World) -> None:
    spec = replace(toy("stubborn"), cgroup="")
    await world.supervisor.apply(Start(spec=spec))
    await world.printed("toy", "stubborn")
    await world.supervisor.apply(Stop(id="toy"))
    service = world.supervisor.observe()["toy"]
    assert service.exit == Exit(signal=signal.SIGKILL)
    assert [event.message for event in service.events][-3:-1] == [
        "Sending SIGTERM",
        "Sending SIGKILL",
    ]
    assert spec.grace == timedelta(seconds=10)
    assert 10.0 in world.clock.slept


def stubborn_scenario() -> None:
    run(_stubborn)


def test_a_service_that_ignores_sigterm_is_killed_after_its_grace() -> None:
    fresh(stubborn_scenario)


async def _zygote(world: World) -> None:
    await world.supervisor.apply(Start(spec=toy("idle")))
    before = await world.state("toy", State.RUNNING)
    old = world.launcher.pid
    os.kill(old, signal.SIGKILL)
    await world.supervisor.apply(Start(spec=toy("idle", id="late")))
    await world.state("late", State.RUNNING)
    await world.printed("late", "idle")
    assert world.launcher.pid != old
    assert world.supervisor.observe()["toy"] == before


def zygote_scenario() -> None:
    run(_zygote)


def test_a_dead_zygote_is_replaced_and_running_daemons_are_not_touched() -> None:
    fresh(zygote_scenario)


async def _missing(world: World) -> None:
    spec = ServiceSpec(
        id="gone", program=Exec(argv=("/nonexistent/program",)), log="gone", restart=Restart.NEVER
    )
    await world.supervisor.apply(Start(spec=spec))
    service = await world.state("gone", State.FAILED)
    assert service.exit == Exit(code=127)
    assert "No such file" in "\n".join(world.supervisor.log_file("gone").tail)


def missing_scenario() -> None:
    run(_missing)


def test_a_program_that_is_not_there_fails_with_127_and_says_so_in_its_log() -> None:
    fresh(missing_scenario)


async def _crash(world: World) -> None:
    await world.supervisor.apply(Start(spec=toy("crash")))
    await world.until(lambda: world.supervisor.observe()["toy"].starts == 4)
    assert world.clock.slept[:3] == [backoff(1), backoff(2), backoff(3)]
    assert "a toy breaks" in "\n".join(world.supervisor.log_file("toy").tail)


def crash_scenario() -> None:
    run(_crash)


def test_a_daemon_that_crashes_is_started_again_ever_more_slowly() -> None:
    fresh(crash_scenario)


async def _program(world: World) -> None:
    spec = ServiceSpec(
        id="sh",
        program=Exec(argv=("/bin/sh", "-c", "echo $WORD; pwd; (exit 0 &) ; exit 0")),
        environment={"WORD": "hello"},
        directory="/usr",
        log="sh",
        restart=Restart.UNTIL_SUCCESS,
    )
    await world.supervisor.apply(Start(spec=spec))
    service = await world.state("sh", State.FINISHED)
    assert service.exit == Exit()
    assert list(world.supervisor.log_file("sh").tail) == ["hello", "/usr"]


def program_scenario() -> None:
    run(_program)


def test_a_program_that_shall_succeed_once_is_finished_after_success() -> None:
    fresh(program_scenario)


def test_backoff_doubles_up_to_ten_seconds() -> None:
    assert [backoff(n) for n in (0, 1, 2, 20)] == [0.2, 0.4, 0.8, 10.0]
