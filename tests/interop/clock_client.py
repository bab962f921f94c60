"""A clock that follows a real server, without the right to set this host's: what it would do."""

import asyncio
from datetime import datetime, timedelta

from ichor.linux.clock import KernelClock
from ichor.peers.time_sync import ClockFollower, Steering
from ichor.ports.time_sync import Adjtime, Follow, Following


class Shifted:
    """The host's clock, as far off as it is told."""

    def __init__(self, seconds: float) -> None:
        self.off = seconds
        self.kernel = KernelClock()
        self.monotonic = self.kernel.monotonic
        self.slews: list[float] = []

    def now(self) -> datetime:
        return self.kernel.now() + timedelta(seconds=self.off)

    async def sleep(self, seconds: float) -> None:
        await self.kernel.sleep(min(seconds, 0.05))

    def step(self, offset_s: float) -> None:
        self.off += offset_s

    def slew(self, offset_s: float, error_s: float, poll_s: float) -> None:
        self.slews.append(offset_s)


async def followed(clock: Shifted, servers: tuple[str, ...], patience_s: float = 0) -> Following:
    steering = Steering(step=clock.step, slew=clock.slew, read=Adjtime)
    follower = ClockFollower(clock, steering)
    wakes = follower.wakes()
    await follower.apply(Follow(servers=servers, patience_s=patience_s))
    try:
        async with asyncio.timeout(40):
            async for _ in wakes:
                seen = follower.observe()
                if seen.gave_up or (seen.synced and len(clock.slews) > 1):
                    return seen
    finally:
        await follower.apply(Follow())
    raise AssertionError("it woke nobody")
