import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from ichor.api.dmesg import Dmesg
from ichor.api.ring import LogRing
from ichor.formats.kmsg import Record
from ichor.testing.kernel_log import FakeKernelLog

BOOTED = datetime(2026, 1, 1, 12, tzinfo=UTC)
UPTIME_S = 60.0


def ours(ring: LogRing, text: str, after_s: float) -> None:
    record = logging.LogRecord("ichor.x", logging.WARNING, "", 0, text, None, None)
    record.created = (BOOTED + timedelta(seconds=after_s)).timestamp()
    ring.emit(record)


def dmesg(ring: LogRing, log: FakeKernelLog | None) -> Dmesg:
    return Dmesg(ring, log, lambda: BOOTED + timedelta(seconds=UPTIME_S), lambda: UPTIME_S)


async def heard(
    source: Dmesg, count: int, *, follow: bool = False, tail: bool = False
) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(10):
        async for line in source.lines(follow=follow, tail=tail):
            found.append(line)
            if len(found) == count:
                break
    return found


def test_the_kernels_records_and_ours_stand_in_the_order_of_time() -> None:
    ring, log = LogRing(), FakeKernelLog()
    log.write("first", 1_500_000)
    ours(ring, "second", 2)
    log.write("third", 3_000_000)
    assert asyncio.run(heard(dmesg(ring, log), 4)) == [
        "kern:    info: [2026-01-01T12:00:01.500Z]: first\n",
        "daemon: warning: [2026-01-01T12:00:02.000Z]: ichor.x second\n",
        "kern:    info: [2026-01-01T12:00:03.000Z]: third\n",
    ]


def test_a_container_has_its_own_only() -> None:
    ring = LogRing()
    ours(ring, "hello", 0)
    (line,) = asyncio.run(heard(dmesg(ring, None), 2))
    assert line.endswith("ichor.x hello\n")


@pytest.mark.parametrize("tail", [False, True])
def test_a_follower_hears_each_line_of_both_once(tail: bool) -> None:
    ring, log = LogRing(), FakeKernelLog()
    log.write("old")
    ours(ring, "old", 1)

    async def run() -> list[str]:
        count = 2 if tail else 4
        hearing = asyncio.ensure_future(heard(dmesg(ring, log), count, follow=True, tail=tail))
        for _ in range(10):
            await asyncio.sleep(0)
        log.write("new")
        ours(ring, "new", 2)
        return await hearing

    words = sorted(line.split()[-1] for line in asyncio.run(run()))
    assert words == (["new", "new"] if tail else ["new", "new", "old", "old"])


def test_what_fails_fails_it_all() -> None:
    class Broken(FakeKernelLog):
        async def follow(self, *, tail: bool) -> AsyncIterator[Record]:
            async for record in super().follow(tail=tail):
                if record.text == "gone":
                    raise OSError(record.text)
                yield record

    log = Broken()
    log.write("gone")
    with pytest.raises(OSError, match="gone"):
        asyncio.run(heard(dmesg(LogRing(), log), 3, follow=True))
