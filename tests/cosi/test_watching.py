"""Async watches: batches, the bound, and waiting for the end of a resource."""

import asyncio

from tests.cosi.specs import Number

from ichor.cosi.memory import Memory
from ichor.cosi.resource import key_of, kind_of, resource
from ichor.cosi.state import EventType, Watch
from ichor.cosi.watching import batches, teardown_and_destroy
from ichor.testing.engine import FakeTime

KIND = kind_of(Number)
A = key_of(Number, "a")


def filled(count: int) -> Memory:
    state = Memory(FakeTime().now)
    for i in range(count):
        state.create(resource(Number(), f"n{i:05}"))
    return state


def test_what_came_together_is_one_batch() -> None:
    async def story() -> None:
        state = filled(3)
        events = batches(state, Watch(kind=KIND, bootstrap=True), buffer=1)
        first = await anext(events)
        assert len(first) == 4
        state.create(resource(Number(), "a"))
        assert [event.type for event in await anext(events)] == [EventType.CREATED]
        await events.aclose()

    asyncio.run(story())


def test_a_reader_that_falls_behind_is_told_and_let_go() -> None:
    async def story() -> None:
        state = filled(0)
        events = batches(state, Watch(kind=KIND, bootstrap=True), buffer=3)
        await anext(events)
        for i in range(10):
            state.create(resource(Number(), f"n{i}"))
        rest = [event async for batch in events for event in batch]
        assert [event.type for event in rest] == [EventType.ERRORED]
        assert "overrun" in rest[0].error

    asyncio.run(story())


def test_teardown_and_destroy_waits_for_the_last_finalizer() -> None:
    async def story() -> None:
        state = filled(0)
        state.create(resource(Number(), "a"))
        state.add_finalizer(A, "x", "y")
        task = asyncio.create_task(teardown_and_destroy(state, A))
        await asyncio.sleep(0)
        state.remove_finalizer(A, "x")
        await asyncio.sleep(0)
        assert not task.done()
        state.remove_finalizer(A, "y")
        await task
        assert state.find(A) is None

    asyncio.run(story())
