"""The end of this run: decided by the last task of an operation, carried out by Machine.run."""

import asyncio

from ichor.api.events import EventLog
from ichor.linux.power import COMMANDS
from ichor.ports.fate import Fate
from ichor.ports.power import Ending
from ichor.proto.machine import machine_pb2 as pb


class RunFate:
    """The adapter of ports.fate. Made within the loop."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._fate = Fate()
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def observe(self) -> Fate:
        return self._fate

    def apply(self, action: Fate) -> None:
        self._fate = action
        if action.ending is not None and not self.ended.done():
            if action.ending in COMMANDS:  # of the kernel: it does not learn of a new PID 1
                self._events.publish(pb.RestartEvent(cmd=COMMANDS[action.ending]))
            self.ended.set_result(action.ending)
