"""A dashboard on a terminal of the kernel's, before a node that answers as ours do."""

import asyncio
import os
import re
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ, tcgetattr

import pytest
from tests.api.serving import memory, serving

from ichor.api.dmesg import Dmesg
from ichor.api.machine import service
from ichor.api.machine.aside import Aside
from ichor.api.machine.logs import LogService
from ichor.api.machine.system import SystemService
from ichor.api.machine.tail import Changes
from ichor.api.ring import LogRing
from ichor.api.state import StateService
from ichor.cli.main import main
from ichor.client.machine import Node
from ichor.cosi.memory import Memory
from ichor.cosi.resource import Spec, resource
from ichor.dashboard import ask
from ichor.dashboard.lines import Span
from ichor.dashboard.seen import Component
from ichor.dashboard.session import Session, Told
from ichor.dashboard.terminal import Terminal, painted
from ichor.errors import InputError
from ichor.linux import notice, procfs
from ichor.linux.clock import KernelClock
from ichor.pki.roles import Role
from ichor.resources.cluster.affiliate import Member
from ichor.resources.cluster.identity import Info
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.static_pod import StaticPodStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.network.route import RouteStatus
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus, Readiness, UnmetCondition, Version
from ichor.resources.runtime.service_status import HealthStatus, ServiceStatus
from ichor.testing.clock import FakeClock
from ichor.testing.kernel_log import FakeKernelLog

FINGERPRINT = "ab:cd:ef"
CHANGES: Changes = notice.changes


def known(*specs: tuple[str, Spec]) -> Memory:
    state = memory()
    for id, spec in specs:
        state.create(resource(spec, id))
    return state


def node_of(stage: MachineStage) -> Memory:
    unmet = (UnmetCondition(name="time", reason="not in sync"),)
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return known(
        ("hostname", HostnameStatus(hostname="n1")),
        ("machine", MachineStatus(stage=stage, status=Readiness(unmet_conditions=unmet))),
        ("version", Version(name="Ichor", version="v9.9.9")),
        ("machine-type", MachineType(type=MachineKind.CONTROLPLANE)),
        ("current", Info(cluster_name="c1")),
        ("current", NodeAddress(addresses=("10.5.0.2/24",))),
        ("a", Member(hostname="n1")),
        ("inet4/10.5.0.1//1024", RouteStatus(gateway="10.5.0.1")),
        ("kubelet", ServiceStatus(state="Running")),
        ("kubelet", HealthStatus(unknown=False, healthy=True)),
        ("kube-system/kube-apiserver-n1", StaticPodStatus(pod_status=ready)),
        ("kube-system/kube-scheduler-n1", StaticPodStatus(pod_status={})),
    )


@asynccontextmanager
async def machine(
    path: Path, stage: MachineStage = MachineStage.RUNNING
) -> AsyncGenerator[Node, None]:
    state = node_of(stage)
    handlers = {
        **StateService(state, lambda _: frozenset({Role.READER})).handlers(),
        **SystemService(state, procfs, Aside()).handlers(),
        **service.handlers(state),
        **LogService(state, LogRing(), path, CHANGES, said()).handlers(),
    }
    async with serving(path, handlers) as node:
        yield node


def said() -> Dmesg:
    log, clock = FakeKernelLog(), FakeClock()
    log.write("the first line")
    log.write("\x1b[2Jthe last line")
    return Dmesg(LogRing(), log, clock.now, clock.monotonic)


class Screen:
    """The other end of the terminal, as a person sees it."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        ioctl(self.slave, TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        self._said = b""

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "\n", self._said.decode())

    async def until(self, *words: str) -> None:
        """Wait until the terminal was told all of that."""
        os.set_blocking(self.master, False)
        async with asyncio.timeout(20):
            while not all(word in self.text for word in words):
                await self._more()

    def press(self, keys: bytes) -> None:
        self._said = b""
        os.write(self.master, keys)

    async def _more(self) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self.master, ready.set_result, None)
        try:
            await ready
        finally:
            loop.remove_reader(self.master)
        self._said += os.read(self.master, 65536)

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


def shown(
    tmp_path: Path,
    look: Callable[[Screen], Awaitable[None]],
    stage: MachineStage = MachineStage.RUNNING,
    fingerprint: Told | None = None,
) -> None:
    screen = Screen()
    before = tcgetattr(screen.slave)

    async def run() -> None:
        async with machine(tmp_path, stage) as node:
            terminal = Terminal(screen.slave, screen.slave)
            every = timedelta(milliseconds=100)
            session = Session([node], terminal, KernelClock(), every, fingerprint)
            with terminal:
                task = asyncio.ensure_future(session.run())
                await look(screen)
                if fingerprint is None:
                    await task
                else:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(run())
        assert tcgetattr(screen.slave) == before
    finally:
        screen.close()


def test_a_node_is_shown_until_somebody_has_seen_enough(tmp_path: Path) -> None:
    async def look(screen: Screen) -> None:
        await screen.until("v9.9.9", "c1 (1 machines)", "10.5.0.1", "time: not in sync")
        await screen.until("the first line", "?[2Jthe last line")
        screen.press(b"\x1bOQ")
        await screen.until("MEMORY", "NETWORK", "/s  out ")
        screen.press(b"3")
        await screen.until("the last line")
        screen.press(b"q")

    shown(tmp_path, look)


def test_on_its_own_screen_a_node_tells_its_certificate_and_nobody_can_leave(
    tmp_path: Path,
) -> None:
    async def told() -> str:
        return FINGERPRINT

    async def look(screen: Screen) -> None:
        await screen.until("--nodes 10.5.0.2", FINGERPRINT)
        screen.press(b"q\x03\x1b[[B")
        await screen.until("MEMORY")

    shown(tmp_path, look, MachineStage.MAINTENANCE, told)


def test_what_is_asked_is_told_as_facts(tmp_path: Path) -> None:
    async def run() -> None:
        async with machine(tmp_path) as node:
            facts = await ask.facts(node)
            assert (facts.stage, facts.is_ready) == ("running", False)
            assert facts.components == [
                Component("kubelet", True),
                Component("apiserver", True),
                Component("scheduler", False),
            ]
            numbers = await ask.numbers(node, 1.0)
            assert numbers.boot_time > 0
            assert any(one.pid == os.getpid() for one in numbers.processes)

    asyncio.run(run())


def test_a_line_as_wide_as_the_screen_keeps_its_last_column() -> None:
    """There the cursor waits on the last letter, and what is erased from it on is that letter."""
    assert painted((Span("a" * 80),)).rpartition("\x1b[K")[2].count("a") == 80


def test_without_a_terminal_there_is_no_dashboard(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file, pytest.raises(InputError, match="a terminal"):
        Terminal(file.fileno(), file.fileno())


def test_the_command_refuses_an_interval_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard", "-d", "0s"]) == 1
    assert "--update-interval" in capsys.readouterr().err
