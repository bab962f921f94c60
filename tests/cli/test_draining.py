"""A reboot that moves pods first, asked of a machine that knows it and of one that does not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.api.serving import CLOCK, serving
from tests.api.test_reboot import FakeQuorum

from ichor.api.events import EventLog
from ichor.api.machine.departure import Departure
from ichor.api.machine.power import PowerService
from ichor.api.machine.reboot import RebootService
from ichor.api.operations import Operations
from ichor.cli.draining import draining, is_said
from ichor.client.machine import Node
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Operation
from ichor.cosi.state import find_all
from ichor.errors import Conflict
from ichor.rpc.context import Handler


class Machine:
    """knows: it can drain."""

    def __init__(self, folder: Path, *, knows: bool) -> None:
        self._folder = folder
        self._state = Memory(CLOCK.now)
        operations = Operations(self._state, EventLog(CLOCK.now, b"12345"))
        self._handlers: dict[str, Handler] = {**PowerService(operations).handlers()}
        if knows:
            self._handlers |= RebootService(Departure(operations, FakeQuorum())).handlers()

    def asked(self, ask: Callable[[Node], Awaitable[str]]) -> None:
        async def main() -> None:
            async with serving(self._folder, self._handlers) as node:
                await ask(node)

        asyncio.run(main())

    @property
    def began(self) -> list[Mapping[str, str]]:
        return [one.spec.parameters for one in find_all(self._state, Operation)]


@pytest.mark.parametrize("insists", [False, True])
def test_a_machine_that_can_drains(tmp_path: Path, insists: bool) -> None:
    ask = draining("default", drain=True, timeout="1m", keep_quorum=True, insists=insists)
    machine = Machine(tmp_path, knows=True)
    machine.asked(ask)
    (parameters,) = machine.began
    assert (parameters["drain"], parameters["drain-timeout"]) == ("true", "60.0")


def test_one_that_cannot_is_rebooted_only_where_nobody_insists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = draining("default", drain=True, timeout="1m", keep_quorum=True)
    machine = Machine(tmp_path, knows=False)
    machine.asked(ask)
    assert len(machine.began) == 1
    assert "cannot drain: reboots as it is" in capsys.readouterr().err


def test_one_that_cannot_stays_where_somebody_does(tmp_path: Path) -> None:
    ask = draining("default", drain=True, timeout="1m", keep_quorum=False, insists=True)
    machine = Machine(tmp_path, knows=False)
    with pytest.raises(Conflict, match="does not reboot"):
        machine.asked(ask)
    assert machine.began == []


@pytest.mark.parametrize(
    ("words", "said"), [([], False), (["--drain"], True), (["--no-drain"], True)]
)
def test_what_was_said_is_told_from_what_is_so_by_default(words: list[str], said: bool) -> None:
    @click.command()
    @click.option("--drain/--no-drain", default=True)
    def command(*, drain: bool) -> None:
        print(is_said("drain"))

    assert CliRunner().invoke(command, words).output == f"{said}\n"
