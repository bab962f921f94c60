"""Keys of volumes are sealed anew for an administrator, who is told of each slot."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import pytest
from tests.api.serving import refused, serving

from ichor.api.access import roles_for
from ichor.api.machine.aside import Aside
from ichor.api.machine.power import IN_CONTAINER
from ichor.api.machine.volume import VolumeService
from ichor.cli.reseal import show
from ichor.client.machine import Node
from ichor.errors import Conflict
from ichor.pki.roles import Role
from ichor.ports.reseal import Resealed
from ichor.proto.ichor import volume_pb2 as pb
from ichor.rpc.status import Code, RpcError

ANEW = Resealed(volume="STATE", slot=3, anew=True)
HELD = Resealed(volume="STATE", slot=4)
CLOSED = Resealed(volume="EPHEMERAL", error="no key opens EPHEMERAL")


class FakeResealer:
    """Waits after the first slot until it may go on."""

    def __init__(self, *found: Resealed) -> None:
        self.may_go_on = threading.Event()
        self._found = found

    def reseal(self) -> Generator[Resealed, None, None]:
        for number, one in enumerate(self._found):
            if number:
                self.may_go_on.wait()
            yield one


def run(
    tmp_path: Path, resealer: FakeResealer | None, check: Callable[[Node], Awaitable[None]]
) -> None:
    async def main() -> None:
        async with serving(tmp_path, VolumeService(resealer, Aside()).handlers()) as node:
            await check(node)

    asyncio.run(main())


def test_each_slot_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resealer = FakeResealer(ANEW, HELD)
    resealer.may_go_on.set()
    run(tmp_path, resealer, show)
    told = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "STATE, slot 3: sealed to what the machine is now",
        "STATE, slot 4: was so already",
    ]


def test_a_volume_that_cannot_be_is_an_error_after_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resealer = FakeResealer(CLOSED, ANEW)
    resealer.may_go_on.set()

    async def check(node: Node) -> None:
        with pytest.raises(Conflict, match="EPHEMERAL: no key opens EPHEMERAL"):
            await show(node)

    run(tmp_path, resealer, check)
    assert "STATE, slot 3: sealed" in capsys.readouterr().out


def test_who_has_none_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, FakeResealer(), show)
    assert "its TPM keeps no keys of volumes" in capsys.readouterr().out


def test_one_seals_at_a_time(tmp_path: Path) -> None:
    resealer = FakeResealer(ANEW, HELD)

    async def check(node: Node) -> None:
        first = node.stream(
            "Reseal", pb.ResealRequest(), pb.ResealResponse, module=pb, service="Volume"
        )
        assert (await anext(first)).slot == 3
        with pytest.raises(RpcError) as error:
            await show(node)
        refused(error.value, Code.FAILED_PRECONDITION, "for another")
        resealer.may_go_on.set()
        assert [one.slot async for one in first] == [4]

    run(tmp_path, resealer, check)


def test_a_container_has_no_disk_of_its_own(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await show(node)
        refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)

    run(tmp_path, None, check)


def test_it_is_for_administrators() -> None:
    assert roles_for("/ichor.volume.v1.Volume/Reseal") == {Role.ADMIN}
