"""Events: the last thousand things that happened, and those that come, for any number of readers.

An id is an xid: 12 bytes (seconds, machine, process, counter) in base 32, so ids sort by time.
"""

from base64 import b32hexencode
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from msgspec import Struct

from ichor.cosi.wakes import Wakes

KEPT = 1000
_TYPE = "talos/runtime/"


class Happened(Struct, frozen=True):
    number: int
    id: str
    at: datetime
    actor: str
    data: Any


class EventLog:
    """drawn: five random bytes, which stand for the machine and this run of it."""

    def __init__(self, now: Callable[[], datetime], drawn: bytes) -> None:
        self._now = now
        self._drawn = drawn[:5]
        self._events: deque[Happened] = deque(maxlen=KEPT)
        self._number = 0
        self._ids = 0
        self._wakes = Wakes()

    def publish(self, payload: Message, actor: str = "") -> None:
        self._number += 1
        at = self._now()
        name = f"{_TYPE}{payload.DESCRIPTOR.full_name}"
        data = Any(type_url=name, value=payload.SerializeToString())
        self._events.append(Happened(self._number, self.new_id(), at, actor, data))
        self._wakes.ring()

    def new_id(self) -> str:
        """Give an id that no other call gives: also for actors."""
        self._ids += 1
        seconds = int(self._now().timestamp()).to_bytes(4)
        raw = seconds + self._drawn + (self._ids & 0xFFFFFF).to_bytes(3)
        return b32hexencode(raw).decode().rstrip("=").lower()

    def since(self, number: int = 0) -> list[Happened]:
        return [event for event in self._events if event.number > number]

    @property
    def last(self) -> int:
        return self._number

    async def follow(self, number: int) -> AsyncIterator[Happened]:
        """Give what happens after that number, for ever; who is slow misses what fell out."""
        heard = self._wakes.listen()
        while True:
            for event in self.since(number):
                number = event.number
                yield event
            await anext(heard)
