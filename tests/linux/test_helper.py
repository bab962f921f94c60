"""Helpers: asked once, gone afterwards."""

import pytest
from tests.fresh import fresh
from tests.linux.test_services import World, run

from ichor.errors import TransientError
from ichor.linux.helper import ask
from ichor.resources.runtime.service_spec import Confinement, Daemon


async def _ask(world: World, request: bytes, timeout: float = 10) -> bytes:
    return await ask(
        world.launcher,
        world.reaper,
        "upper",
        Daemon(entry="tests.linux.daemons:upper"),
        request,
        confinement=Confinement(),
        log=world.supervisor.log_file("upper"),
        timeout=timeout,
    )


async def _helper(world: World) -> None:
    assert await _ask(world, b"some words") == b"SOME WORDS"
    big = b"x" * 1_000_000
    assert await _ask(world, big) == big.upper()
    with pytest.raises(TransientError, match="exit code 1"):
        await _ask(world, b"fail")
    with pytest.raises(TransientError, match="did not answer"):
        await _ask(world, b"hang", 0.01)


def helper_scenario() -> None:
    run(_helper)


def test_a_helper_answers_once_and_a_hanging_one_is_ended() -> None:
    fresh(helper_scenario)
