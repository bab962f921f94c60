"""The clock follows others: all of them are asked each poll, and what most say is done.

A sample is acted on once (RFC 5905, 10): one that is no newer than the last says nothing new.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import FormatError, TransientError
from ichor.log import fields, logger
from ichor.peers.time_source import TimeSource, source
from ichor.ports.clock import Clock
from ichor.ports.time_sync import Adjtime, Follow, Following
from ichor.protocols.ntp.client import Filter, Sample, SentAway, choose
from ichor.protocols.ntp.discipline import Discipline, Do, decide, waited

log = logger(__name__)
_SLOW, _SLOWEST = 128.0, 1024.0  # seconds between questions to who finds us too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """The clock's own three calls, each of which raises OSError where it may not be set."""

    step: Callable[[float], None]
    slew: Callable[[float, float, float], None]
    read: Callable[[], Adjtime]


@dataclass(slots=True)
class _Asked:
    """pause: how long it is left alone after a question, in seconds."""

    name: str
    source: TimeSource
    filter: Filter = field(default_factory=Filter)
    pause: float = 0.0
    not_before: float = 0.0


class ClockFollower:
    """All methods in the loop's thread."""

    def __init__(
        self, clock: Clock, steering: Steering, of: Callable[[str, Clock], TimeSource] = source
    ) -> None:
        self._clock = clock
        self._steering = steering
        self._of = of
        self._following = Following(adjtime=steering.read())
        self._task: asyncio.Task[None] | None = None
        self._wakes = Wakes()

    def observe(self) -> Following:
        return self._following

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Follow) -> None:
        if self._task is not None:
            self._task.cancel()
        held = self._following
        self._following = replace(held, wish=action, synced=False, gave_up=False, spikes=0)
        asked = [_Asked(name, self._of(name, self._clock)) for name in action.servers]
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._follow(asked), name="time") if asked else None
        self._wakes.ring()

    async def _follow(self, asked: Sequence[_Asked]) -> None:
        began = self._clock.monotonic()
        state, used = Discipline(epoch=self._following.epoch), float("-inf")
        while True:
            await asyncio.gather(*(self._ask(one) for one in asked))
            now = self._clock.monotonic()
            held = (one.filter.best(now) for one in asked)
            chosen = choose(sample for sample in held if sample is not None)
            if chosen is not None and chosen.at > used:
                try:
                    state, used = self._steer(state, chosen, asked), chosen.at
                except OSError as error:  # the next sample is tried again
                    log.warning("the clock cannot be steered", extra=fields(why=str(error)))
            self._tell(state, waited=now - began)
            await self._clock.sleep(self._pause(state, now - began))
            state = waited(state)

    def _pause(self, state: Discipline, passed: float) -> float:
        """Give how long to wait; not past the end of somebody's patience."""
        left = self._following.wish.patience_s - passed
        return min(state.poll, left) if left > 0 and not state.synced else state.poll

    async def _ask(self, one: _Asked) -> None:
        now = self._clock.monotonic()
        if now < one.not_before:
            return
        try:
            one.filter.add(await one.source.measure())
        except (OSError, FormatError, TransientError) as error:  # TimeoutError is an OSError
            one.filter.miss()
            if isinstance(error, SentAway):
                one.pause = min(max(2 * one.pause, _SLOW), _SLOWEST)
            log.debug("no time", extra=fields(server=one.name, why=str(error) or "it is silent"))
        one.not_before = now + one.pause

    def _steer(self, state: Discipline, chosen: Sample, asked: Sequence[_Asked]) -> Discipline:
        after, what = decide(state, chosen.offset)
        if what is Do.STEP:
            self._steering.step(chosen.offset)
            log.info("the clock was set", extra=fields(seconds=f"{chosen.offset:.3f}"))
            for one in asked:
                one.filter.forget()
            self._steering.slew(0.0, chosen.distance, after.poll)
        elif what is Do.SLEW:
            self._steering.slew(chosen.offset, chosen.distance, after.poll)
        return after

    def _tell(self, state: Discipline, *, waited: float) -> None:
        held = self._following
        patience = held.wish.patience_s
        self._following = replace(
            held,
            synced=state.synced,
            gave_up=not state.synced and 0 < patience <= waited,
            epoch=state.epoch,
            spikes=state.spikes,
            adjtime=self._steering.read(),
        )
        self._wakes.ring()
