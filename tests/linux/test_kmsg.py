"""The kernel's ring and our own keep and give what was written."""

import asyncio

import pytest

from ichor.linux.kmsg import KernelKmsg, OwnRing
from ichor.ports.kernel_log import KernelLog
from ichor.testing.clock import FakeClock


async def _new_lines(log: KernelLog, words: list[str]) -> list[tuple[int, str]]:
    """Write while somebody follows; give what that one heard of it."""
    lines = log.follow(tail=True)
    heard = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    for word in words:
        log.write(6, word)
    found: list[tuple[int, str]] = []
    async with asyncio.timeout(10):
        record = await heard
        while len(found) < len(words):
            if record.text in words:
                found.append((record.level, record.text))
            if len(found) < len(words):
                record = await anext(lines)
    return found


def test_a_follower_hears_new_lines_of_our_ring() -> None:
    ring = OwnRing(FakeClock(), keep=2)
    ring.write(3, "old")
    assert asyncio.run(_new_lines(ring, ["one"])) == [(6, "one")]
    ring.write(6, "two\nthree")
    assert [record.text for record in ring.records()] == ["two", "three"]
    assert [record.sequence for record in ring.records()] == [2, 3]


@pytest.mark.root
def test_the_kernels_ring_is_read_in_order() -> None:
    """Reading only: a line of ours would stay in the machine's log."""
    numbers = [record.sequence for record in KernelKmsg().records()]
    assert numbers
    assert numbers == sorted(set(numbers))
