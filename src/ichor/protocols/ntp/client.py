"""A client's side of NTP: what a reply says about the clock, and which servers to believe.

    sample = measure(reply, query, arrived)     offset and how far it can be from the truth
    Filter                                      of a server's last eight, the one with least delay
    choose(samples)                             where most servers agree (RFC 5905, 11.2)

offset: what to add to this clock. A sample says that the truth is within `distance` of it.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from ichor.errors import FormatError, TransientError
from ichor.protocols.ntp import packet
from ichor.protocols.ntp.packet import Packet

_KEPT: Final = 8
_DRIFT: Final = 15e-6  # seconds a second: how far a clock is taken to wander (PHI)
_FARTHEST: Final = 1.5  # MAXDIST
_STRATA: Final = range(1, 16)


class SentAway(TransientError):  # noqa: N818 - an outcome, named as the RFC means it
    """A kiss-o'-death. word: DENY and RSTR forbid to ask again, RATE to ask as often (7.4)."""

    def __init__(self, word: str) -> None:
        super().__init__(f"the server sends us away: {word}")
        self.word = word

    @property
    def is_for_good(self) -> bool:
        return self.word in ("DENY", "RSTR")


class Query(NamedTuple):
    """cookie: the random number sent in place of our time, which is nobody's business."""

    cookie: int
    sent: float


class Sample(NamedTuple):
    """delay: there and back, in seconds. at: when it was taken, on a clock that does not jump."""

    offset: float
    delay: float
    distance: float
    at: float = 0.0


def ask(cookie: int) -> bytes:
    return packet.build(Packet(transmitted=cookie))


def measure(data: bytes, query: Query, arrived: float, at: float = 0.0) -> Sample:
    """Read what a server answered; sent and arrived are of the clock that is to be set.

    Raises FormatError where it is no answer to this, TransientError where the server has no time.
    """
    reply = packet.parse(data)
    if reply.mode != packet.SERVER or reply.origin != query.cookie:
        raise FormatError("an answer to what was asked")
    if word := packet.kiss(reply):
        raise SentAway(word)
    if reply.leap == packet.UNSYNCHRONIZED or reply.stratum not in _STRATA:
        raise TransientError("the server has no time itself")
    received = packet.seconds(reply.received, query.sent)
    transmitted = packet.seconds(reply.transmitted, query.sent)
    if not reply.received or not reply.transmitted or transmitted < received:
        raise FormatError("a time of receipt and a later one of transmission")
    delay = max(0.0, (arrived - query.sent) - (transmitted - received))
    distance = (delay + reply.delay) / 2 + reply.dispersion
    if distance > _FARTHEST:
        raise TransientError(f"the server is {distance:.1f} s from the truth")
    offset = ((received - query.sent) + (transmitted - arrived)) / 2
    return Sample(offset, delay, distance, at)


class Filter:
    """The last samples of one server: that of least delay tells most (RFC 5905, 10)."""

    def __init__(self) -> None:
        self._samples: deque[Sample | None] = deque(maxlen=_KEPT)

    def add(self, sample: Sample) -> None:
        self._samples.append(sample)

    def miss(self) -> None:
        """It was silent: what it said before is one poll older, and gone after the eighth."""
        self._samples.append(None)

    def forget(self) -> None:
        """The clock was set: what was measured before says nothing about it."""
        self._samples.clear()

    def best(self, now: float) -> Sample | None:
        """Give the one that is believed most, its distance grown by its age; none too far off."""
        aged = (
            one._replace(distance=one.distance + _DRIFT * max(0.0, now - one.at))
            for one in self._samples
            if one is not None
        )
        near = (one for one in aged if one.distance <= _FARTHEST)
        return min(near, key=lambda one: (one.distance, one.offset), default=None)


def choose(samples: Iterable[Sample]) -> Sample | None:
    """Give one sample for all: of the servers that most agree with, the nearest to the truth.

    None where no point is within reach of more than half of them.
    """
    held = sorted(samples, key=lambda one: (one.distance, one))
    best: list[Sample] = []
    for candidate in held:
        agreeing = [one for one in held if is_agreed(one, candidate)]
        if len(agreeing) > len(best):
            best = agreeing
    return best[0] if len(best) * 2 > len(held) else None


def is_agreed(one: Sample, other: Sample) -> bool:
    return abs(one.offset - other.offset) <= one.distance + other.distance
