"""The engine under asyncio: the same waves, with real time that nobody waits for."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

from tests.cosi.specs import Number, Text
from tests.cosi.test_actuator import Action, Inputs, Table, plan, report
from tests.cosi.test_transform import text

from ichor.cosi.controller import Actuator, Controller, Out, Source
from ichor.cosi.memory import Memory
from ichor.cosi.resource import key_of, resource
from ichor.cosi.runtime import Engine


class RealTime:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@asynccontextmanager
async def running(*controllers: Controller) -> AsyncIterator[Memory]:
    clock = RealTime()
    state = Memory(clock.now)
    engine = Engine(state, controllers, time=clock, random=Random(0))
    task = asyncio.create_task(engine.run())
    try:
        yield state
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        engine.close()


async def until(state: Memory, id: str, value: str) -> None:
    """Wait for the text; events of the store wake us, not time."""
    changed = asyncio.Event()
    cancel = state.tap(lambda _: changed.set())
    async with asyncio.timeout(5):
        while True:
            found = state.find(key_of(Text, id))
            if found is not None and found.spec == Text(text=value):
                break
            changed.clear()
            await changed.wait()
    cancel()


def test_a_change_of_the_store_is_followed() -> None:
    async def story() -> None:
        async with running(text) as state:
            state.create(resource(Number(value=1), "a"))
            await until(state, "text-a", "1")

    asyncio.run(story())


def test_actuators_with_async_ports_run_beside_the_rest() -> None:
    async def story() -> None:
        table = Table()
        started, go_on = asyncio.Event(), asyncio.Event()

        async def apply(action: Action) -> None:
            started.set()
            await go_on.wait()
            table.apply(action)

        slow = Actuator(
            name="slow",
            inputs=Inputs,
            observe=table.observe,
            plan=plan,
            apply=apply,
            outputs=[Out(Text)],
            report=report,
        )
        async with running(text, slow) as state:
            state.create(resource(Number(value=1), "a"))
            await started.wait()
            await until(state, "text-a", "1")
            assert table.rows == {}
            go_on.set()
            await until(state, "a", "1")
            assert table.rows == {"a": 1}

    asyncio.run(story())


def test_a_source_feeds_the_store() -> None:
    async def story() -> None:
        queue: asyncio.Queue[Mapping[str, int]] = asyncio.Queue()

        async def snapshots() -> AsyncIterator[Mapping[str, int]]:
            while True:
                yield await queue.get()

        def reconcile(snapshot: Mapping[str, int]) -> Iterator[tuple[str, Number]]:
            for id, value in snapshot.items():
                yield id, Number(value=value)

        source = Source(name="s", outputs=[Out(Number)], snapshots=snapshots, reconcile=reconcile)
        async with running(source, text) as state:
            queue.put_nowait({"a": 4})
            await until(state, "text-a", "4")
            queue.put_nowait({"a": 5})
            await until(state, "text-a", "5")

    asyncio.run(story())
