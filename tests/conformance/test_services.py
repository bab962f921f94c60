"""The fake services and the supervisor pass one and the same check."""

import asyncio
from collections.abc import Callable

import pytest
from tests.fresh import fresh
from tests.linux.test_services import World, run, toy

from ichor.errors import NotFound
from ichor.ports.service import Forget, Service, Services, Signal, Start, State, Stop
from ichor.resources.runtime.service_spec import Restart
from ichor.testing.service import FakeServices


async def _until(services: Services, holds: Callable[[Service], bool]) -> None:
    wakes = services.wakes()
    while not holds(services.observe()["toy"]):
        await anext(wakes)


async def check(services: Services) -> None:
    for action in (Stop(id="toy"), Signal(id="toy", number=15)):
        with pytest.raises(NotFound):
            await services.apply(action)
    await services.apply(Start(spec=toy("idle")))
    await _until(services, lambda each: each.state is State.RUNNING and each.starts == 1)
    await services.apply(Start(spec=toy("idle")))
    assert services.observe()["toy"].starts == 1
    await services.apply(Forget(id="toy"))
    assert "toy" in services.observe()
    await services.apply(Signal(id="toy", number=9))
    await _until(services, lambda each: each.state is State.RUNNING and each.starts == 2)
    await services.apply(Start(spec=toy("idle", restart=Restart.NEVER)))
    await _until(services, lambda each: each.state is State.RUNNING and each.starts == 3)
    await services.apply(Signal(id="toy", number=9))
    await _until(services, lambda each: each.state is State.FAILED)
    assert str(services.observe()["toy"].exit) == "signal 9"
    with pytest.raises(NotFound):
        await services.apply(Signal(id="toy", number=15))
    await services.apply(Stop(id="toy"))
    assert services.observe()["toy"].state is State.FAILED
    await services.apply(Forget(id="toy"))
    assert services.observe() == {}


def test_the_fake_behaves() -> None:
    asyncio.run(check(FakeServices()))


async def _supervisor(world: World) -> None:
    await check(world.supervisor)


def supervisor_scenario() -> None:
    run(_supervisor)


def test_the_supervisor_behaves() -> None:
    fresh(supervisor_scenario)
