"""An upgrade that is staged: what goes with it, and when it is over."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.api.serving import CLOCK, serving

from ichor.api.state import StateService
from ichor.cli.main import main
from ichor.cli.upgrade import _is_writing
from ichor.cosi.memory import Memory
from ichor.cosi.resource import Spec, resource
from ichor.resources.runtime.boot import BootedEntry
from ichor.resources.runtime.ids import BOOTED_ENTRY_ID
from ichor.resources.runtime.staged_upgrade import ID, StagedUpgradeStatus

BEFORE, AFTER = "ichor-1.efi", "ichor-2.efi"


@pytest.mark.parametrize(
    "option", [("--no-reboot",), ("--no-drain",), ("--drain-timeout", "1m"), ("-m", "force")]
)
def test_what_a_machine_is_not_told_when_it_stages_is_refused(
    option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upgrade", "-i", "a.example/b:1", "--stage", *option]) == 1
    assert "--stage goes without --" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "status", "writes"),
    [
        pytest.param(BEFORE, None, True, id="not known yet"),
        pytest.param(BEFORE, StagedUpgradeStatus(image="a"), True, id="being written"),
        pytest.param(BEFORE, StagedUpgradeStatus(image="a", written=True), True, id="restarts"),
        pytest.param(BEFORE, StagedUpgradeStatus(), False, id="dropped"),
        pytest.param(AFTER, None, False, id="another runs, which may know nothing of it"),
    ],
)
def test_it_is_over_when_another_runs_or_nothing_is_staged(
    tmp_path: Path, entry: str, status: Spec | None, *, writes: bool
) -> None:
    state = Memory(CLOCK.now)
    found: Mapping[str, Spec | None] = {
        BOOTED_ENTRY_ID: BootedEntry(booted_entry=entry),
        ID: status,
    }
    for id, spec in found.items():
        if spec is not None:
            state.create(resource(spec, id))

    async def check() -> None:
        handlers = StateService(state, lambda _: frozenset({"os:admin"})).handlers()
        async with serving(tmp_path, handlers) as node:
            assert await _is_writing(node, BEFORE) is writes

    asyncio.run(check())
