"""The engine: controllers over a state, run without a clock in tests and with one in production.

    engine = Engine(state, [hostname, hostname_apply(uts), ...], time=time, random=random)
    engine.settle()       until nothing is left to do at this moment; never sleeps
    await engine.run()    until cancelled

Both run the same waves. settle() polls ports instead of awaiting them; run() gives each Actuator,
Source and wake stream a task of its own, and the loop its turn between controllers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from random import Random

from ichor.cosi.controller import Actuator, Controller, Source
from ichor.cosi.driving import Flight, Stream
from ichor.cosi.metrics import EngineMetrics
from ichor.cosi.node import WHOLE, Node
from ichor.cosi.state import State
from ichor.cosi.timing import Backoff, TimePort
from ichor.cosi.waves import Waves

STEPS = 100_000  # per settle(): more means that controllers wake each other for ever
StreamMaker = Callable[[], AsyncIterator[object]]
LONGEST_SLEEP = 60.0  # seconds; the time of day may be set while we wait for it
BURST = 64  # Transforms run before other tasks get their turn


class UnsettledError(RuntimeError):
    """Controllers go on waking each other."""


class Engine:
    def __init__(
        self,
        state: State,
        controllers: Sequence[Controller],
        *,
        time: TimePort,
        random: Random,
        backoff: Backoff | None = None,
        quiet: bool = False,
    ) -> None:
        """quiet: write no log; for plans, whose failures are shown by them."""
        self.state = state
        self._wake = asyncio.Event()
        self.waves = Waves(
            state,
            controllers,
            time=time,
            random=random,
            backoff=backoff or Backoff(),
            quiet=quiet,
            woken=self._wake.set,
        )
        self._flights: dict[str, Flight[None]] = {}
        self._streams: dict[str, Stream[object]] = {}
        self._streaming = [
            node for node in self.waves.nodes.values() if _stream_of(node.controller) is not None
        ]

    @property
    def controllers(self) -> Sequence[Controller]:
        return [node.controller for node in self.waves.nodes.values()]

    def metrics(self) -> EngineMetrics:
        return self.waves.metrics()

    def poke(self, name: str) -> None:
        """Run the controller again as if its inputs had changed."""
        self.waves.poke(name)

    def close(self) -> None:
        """Let go of the state and of what settle() left suspended."""
        self.waves.close()
        for flight in self._flights.values():
            flight.close()
        for stream in self._streams.values():
            stream.close()

    def settle(self) -> None:
        """Run until nothing is left to do at this moment. Raises UnsettledError."""
        self.waves.expire()
        for _ in range(STEPS):
            if not (self.waves.step() or self._start_actuator() or self._poll()):
                return
        busiest = sorted(self.metrics().controllers.items(), key=lambda one: -one[1].runs)[:4]
        raise UnsettledError(", ".join(f"{name}: {metrics.runs} runs" for name, metrics in busiest))

    def next_due(self) -> timedelta | None:
        """How long until settle() would find something due."""
        seconds = self.waves.next_due()
        return None if seconds is None else timedelta(seconds=seconds)

    def _start_actuator(self) -> bool:
        started = self.waves.next_actuation()
        if started is None:
            return False
        name, actuation = started
        flight = Flight(actuation)
        if flight.poll() is None:
            self._flights[name] = flight
        return True

    def _poll(self) -> bool:
        """Poll what was suspended, actuations first; True when something came of it."""
        for name, flight in tuple(self._flights.items()):
            if flight.poll() is not None:
                del self._flights[name]
                return True
        return any(self._poll_stream(node) for node in self._streaming)

    def _poll_stream(self, node: Node) -> bool:
        stream = self._stream(node)
        if stream is None:
            return False
        try:
            item = stream.poll()
        except Exception as err:  # noqa: BLE001 - the supervisor of all controllers
            self.waves.failures.failed(node, WHOLE, err)
            return True
        if item is not None:
            self._take(node, item[0])
        return item is not None

    def _stream(self, node: Node) -> Stream[object] | None:
        """Give the stream of a node that has one; a broken one is made anew when it is due."""
        controller = node.controller
        make = _stream_of(controller)
        if make is None:
            return None
        stream = self._streams.get(node.name)
        if stream is None or (stream.is_over and node.is_stale):
            stream = self._streams[node.name] = Stream(make)
            if isinstance(controller, Source):
                node.take(self.state)
        return stream

    def _take(self, node: Node, item: object) -> None:
        if isinstance(node.controller, Source):
            self.waves.feed(node, item)
        else:
            self.waves.poke(node.name)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for node in self._streaming:
                tasks.create_task(self._follow(node), name=f"follow {node.name}")
            while True:
                self._wake.clear()
                self.waves.expire()
                await self._drain(tasks)
                await self._sleep()

    async def _drain(self, tasks: asyncio.TaskGroup) -> None:
        steps = 0
        while self.waves.step():
            steps += 1
            if steps % BURST == 0:
                await asyncio.sleep(0)
        while (started := self.waves.next_actuation()) is not None:
            name, actuation = started
            tasks.create_task(actuation, name=f"actuate {name}")

    async def _sleep(self) -> None:
        due = self.waves.next_due()
        try:
            async with asyncio.timeout(LONGEST_SLEEP if due is None else min(due, LONGEST_SLEEP)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _follow(self, node: Node) -> None:
        """Take all a stream gives; begin again after a back-off when it breaks."""
        make = _stream_of(node.controller)
        while make is not None:
            try:
                async for item in make():
                    self._take(node, item)
            except Exception as err:  # noqa: BLE001 - the supervisor of all controllers
                delay = self.waves.failures.failed(node, WHOLE, err)
                await asyncio.sleep(delay.total_seconds())
            else:
                return


def _stream_of(controller: Controller) -> StreamMaker | None:
    if isinstance(controller, Source):
        return controller.snapshots
    return controller.wakes if isinstance(controller, Actuator) else None
