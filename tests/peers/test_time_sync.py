"""A clock that follows: what is measured is acted on once, whoever falls silent or errs."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ichor.peers.time_sync import ClockFollower, Steering
from ichor.ports.time_sync import Adjtime, Follow, Following
from ichor.protocols.ntp.client import Sample

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
Say = Callable[[int], Sample | Exception]  # of the number of the question


class World:
    """A clock that is wrong by `off`, and applies what it is told before it sleeps.

    Servers are right but for what `says` adds; polls end after as many as are wanted.
    """

    def __init__(self, off: float, says: Say, polls: int) -> None:
        self.off, self.says, self.polls = off, says, polls
        self.at, self.asked = 0.0, 0
        self.steps: list[float] = []
        self.slews: list[float] = []
        self.pauses: list[float] = []
        self.refusals: list[OSError] = []
        self.over = asyncio.Event()

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.at - self.off)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds
        if len(self.pauses) >= self.polls:
            self.over.set()
            await asyncio.get_running_loop().create_future()

    def step(self, offset: float) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.steps.append(offset)
        self.off -= offset

    def slew(self, offset: float, distance: float, poll: float) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.slews.append(offset)
        self.off -= offset

    async def measure(self) -> Sample:
        self.asked += 1
        said = self.says(self.asked)
        if isinstance(said, Exception):
            raise said
        return said._replace(offset=said.offset + self.off, at=self.at)


def run(off: float, says: Say, polls: int) -> tuple[World, Following]:
    async def follow() -> tuple[World, Following]:
        world = World(off, says, polls)
        steering = Steering(step=world.step, slew=world.slew, read=Adjtime)
        port = ClockFollower(world, steering, lambda _name, _clock: world)
        await port.apply(Follow(servers=("a",)))
        await world.over.wait()
        seen = port.observe()
        await port.apply(Follow())
        return world, seen

    return asyncio.run(follow())


def sample(offset: float = 0.0, distance: float = 0.01) -> Sample:
    return Sample(offset, 2 * distance, distance)


def test_a_server_that_falls_silent_is_acted_on_once() -> None:
    world, _ = run(0.1, lambda n: sample() if n == 1 else TimeoutError(), polls=20)
    assert world.slews == [pytest.approx(0.1)]
    assert world.off == pytest.approx(0)


def test_the_first_sample_is_applied_once_though_it_stays_the_best() -> None:
    def says(n: int) -> Sample:
        return sample(distance=0.001 if n == 1 else 0.1)

    world, _ = run(0.1, says, polls=8)
    assert world.slews == [pytest.approx(0.1)]


def test_one_spike_is_one_spike_though_it_stays_the_best() -> None:
    def says(n: int) -> Sample:
        return sample(900.0, 0.001) if n == 3 else sample(distance=0.1)

    world, seen = run(0.0, says, polls=8)
    assert (world.steps, seen.spikes) == ([], 1)
    assert world.off == pytest.approx(0)


def test_a_jump_that_lasts_is_followed() -> None:
    world, seen = run(0.0, lambda n: sample() if n < 3 else sample(900.0), polls=8)
    assert (world.steps, seen.epoch) == ([pytest.approx(900.0)], 1)
