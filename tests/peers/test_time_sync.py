"""A clock that follows: what is measured is acted on once, whoever falls silent or errs."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ichor.errors import TransientError
from ichor.peers.time_source import NtpServer
from ichor.peers.time_sync import ClockFollower, Steering
from ichor.ports.time_sync import Adjtime, Follow, Following
from ichor.protocols.ntp import packet
from ichor.protocols.ntp.client import Sample, SentAway
from ichor.protocols.ntp.packet import Packet
from ichor.testing.clock import FakeClock

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
        self.at_questions: list[float] = []
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
        self.at_questions.append(self.at)
        said = self.says(self.asked)
        if isinstance(said, Exception):
            raise said
        return said._replace(offset=said.offset + self.off, at=self.at)


def run(
    off: float, says: Say, polls: int, *, patience_s: float = 0, refusals: Sequence[OSError] = ()
) -> tuple[World, Following]:
    async def follow() -> tuple[World, Following]:
        world = World(off, says, polls)
        world.refusals = list(refusals)
        steering = Steering(step=world.step, slew=world.slew, read=Adjtime)
        port = ClockFollower(world, steering, lambda _name, _clock: world)
        await port.apply(Follow(servers=("a",), patience_s=patience_s))
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
    assert world.steps == [pytest.approx(900.0)]
    assert seen.epoch == 1


def test_who_never_had_an_answer_asks_less_and_less() -> None:
    world, _ = run(0.0, lambda _: TimeoutError(), polls=9)
    assert world.pauses == [2, 4, 8, 16, 32, 64, 64, 64, 64]


def test_who_finds_us_too_many_is_asked_less() -> None:
    world, _ = run(0.0, lambda _: SentAway("RATE"), polls=60)
    times = world.at_questions
    assert times[:2] == [0, 190]  # the first poll after 128 s
    assert all(after - before >= 128 for before, after in pairwise(times))
    assert times[-1] - times[-2] >= 1024


def test_a_clock_that_may_not_be_set_is_tried_again() -> None:
    refusals = [PermissionError(1, "Operation not permitted") for _ in range(3)]
    world, seen = run(50.0, lambda _: sample(), polls=6, refusals=refusals)
    assert (world.steps, seen.synced) == ([50.0], True)


def test_patience_ends_in_time() -> None:
    world, seen = run(0.0, lambda _: TimeoutError(), polls=5, patience_s=20)
    assert world.pauses == [2, 4, 8, 6, 32]
    assert seen.gave_up


def test_an_address_that_sends_us_away_is_asked_no_more() -> None:
    """A server on loopback that says DENY to whoever asks."""
    heard: list[bytes] = []

    async def deny(listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            data, address = await loop.sock_recvfrom(listening, 2048)
            heard.append(data)
            word = int.from_bytes(b"DENY", "big")
            said = Packet(mode=packet.SERVER, reference=word, origin=packet.parse(data).transmitted)
            await loop.sock_sendto(listening, packet.build(said), address)

    async def live() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
            listening.setblocking(False)
            listening.bind(("127.0.0.1", 0))
            serving = asyncio.create_task(deny(listening))
            server = NtpServer("127.0.0.1", FakeClock(), listening.getsockname()[1])
            with pytest.raises(SentAway):
                await server.measure()
            with pytest.raises(TransientError, match="each of its addresses"):
                await server.measure()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(live())
    assert len(heard) == 1
