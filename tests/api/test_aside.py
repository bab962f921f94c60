"""Blocking iterators beside the loop."""

import asyncio
import threading
from collections.abc import Generator

import pytest

from ichor.api.machine.aside import Aside
from ichor.errors import TransientError


async def collected(aside: Aside, items: Generator[int], batch: int) -> list[int]:
    return [item async for item in aside.each(lambda: items, batch)]


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_items_come_in_order_whatever_the_batch(batch: int) -> None:
    assert asyncio.run(collected(Aside(), (each for each in range(10)), batch)) == list(range(10))


def test_an_error_comes_after_what_was_found_before_it() -> None:
    def failing() -> Generator[int]:
        yield 1
        raise FileNotFoundError("gone")

    async def run() -> None:
        stream = Aside().each(failing)
        assert await anext(stream) == 1
        with pytest.raises(FileNotFoundError, match="gone"):
            await anext(stream)

    asyncio.run(run())


def test_what_fails_before_it_begins_is_heard_too() -> None:
    def refused() -> Generator[int]:
        raise PermissionError("no")

    with pytest.raises(PermissionError, match="no"):
        asyncio.run(Aside().all(refused))


def test_one_that_hangs_holds_up_nobody_until_no_thread_is_free() -> None:
    go_on, hangs = threading.Event(), threading.Event()

    def hanging() -> Generator[int]:
        hangs.set()
        go_on.wait()
        yield 1

    async def run() -> None:
        aside = Aside(most=2, patience_s=0)
        first = asyncio.create_task(aside.all(hanging))
        await asyncio.to_thread(hangs.wait)
        assert await aside.all(lambda: (each for each in [2])) == [2]
        second = asyncio.create_task(aside.all(hanging))
        await asyncio.sleep(0)
        with pytest.raises(TransientError, match="2 reads of files hang"):
            await aside.all(lambda: (each for each in [3]))
        go_on.set()
        assert await first == await second == [1]
        assert await aside.all(lambda: (each for each in [4])) == [4]

    asyncio.run(run())


def test_a_reader_that_stops_has_the_rest_neither_read_nor_left_open() -> None:
    closed, read = threading.Event(), list[int]()

    def endless() -> Generator[int]:
        try:
            while True:
                read.append(len(read))
                yield read[-1]
        finally:
            closed.set()

    async def run() -> None:
        stream = Aside().each(endless)
        assert await anext(stream) == 0
        await stream.aclose()
        await asyncio.to_thread(closed.wait)
        assert read == [0]

    asyncio.run(run())


def test_a_slow_reader_keeps_nobody_waiting() -> None:
    async def run() -> None:
        aside = Aside(most=1, patience_s=0)
        slow = aside.each(lambda: (each for each in range(9)))
        assert await anext(slow) == 0
        assert await aside.all(lambda: (each for each in [1, 2])) == [1, 2]
        assert await anext(slow) == 1
        await slow.aclose()

    asyncio.run(run())
