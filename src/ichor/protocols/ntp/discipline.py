"""What to do about an offset: set the clock, steer it, or wait whether it was a spike.

| the clock | offset | what |
|---|---|---|
| was never right | above STEP | step |
| was never right | up to STEP | slew |
| was right | up to STEP | slew |
| was right | above STEP, the first SPIKES times | nothing: one lost packet is no reason to jump |
| was right | above STEP, once more | step |

Polls are 64 s apart and up to 1024 s while little is to be done (RFC 5905, 13); until the clock was
right for the first time 2 s, twice that, and so on up to 64 s.
"""

import enum
from typing import Final, NamedTuple

STEP: Final = 0.128
SPIKES: Final = 3
_FIRST: Final = 2.0
_SHORTEST, _LONGEST = 64.0, 1024.0
_CALM: Final = 0.005
_CALM_POLLS: Final = 4


class Do(enum.Enum):
    STEP = "step"
    SLEW = "slew"
    NOTHING = "nothing"


class Discipline(NamedTuple):
    """synced: the clock was right once. epoch: how many times it was set. poll: in seconds."""

    synced: bool = False
    epoch: int = 0
    spikes: int = 0
    calm: int = 0
    poll: float = _FIRST


def waited(before: Discipline) -> Discipline:
    """A poll is over: who never had an answer asks less and less."""
    if before.synced:
        return before
    return before._replace(poll=min(2 * before.poll, _SHORTEST))


def decide(before: Discipline, offset: float) -> tuple[Discipline, Do]:
    if abs(offset) <= STEP:
        return _steered(before, offset), Do.SLEW
    if before.synced and before.spikes < SPIKES:
        return before._replace(spikes=before.spikes + 1, poll=_SHORTEST), Do.NOTHING
    return Discipline(True, before.epoch + 1, poll=_SHORTEST), Do.STEP


def _steered(before: Discipline, offset: float) -> Discipline:
    calm = before.calm + 1 if abs(offset) < _CALM else 0
    poll = max(before.poll, _SHORTEST)
    if calm >= _CALM_POLLS:
        calm, poll = 0, min(poll * 2, _LONGEST)
    elif calm == 0:
        poll = _SHORTEST
    return Discipline(True, before.epoch, 0, calm, poll)
