"""Conversations of DHCP that fail are begun anew, and say why."""

import asyncio
import errno
import socket
from random import Random

import pytest

from ichor.linux.dhcp import KernelDhcp
from ichor.ports.dhcp import Converse, Lease
from ichor.testing.clock import FakeClock

ASKED = Converse(link="eth0", mac="52:54:00:12:34:56", identifier="01", index=2)


class Failing:
    """A speaker to whom nothing goes right."""

    lease: Lease | None = None
    next_time = 0.0

    def __init__(self, error: Exception) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._error = error

    def tick(self, now: float) -> None:
        raise self._error

    def receive(self, data: bytes, now: float) -> None:
        raise AssertionError


@pytest.mark.parametrize("error", [OverflowError("too far"), OSError(errno.ENODEV, "no link")])
def test_a_conversation_that_fails_is_forgotten_after_a_pause(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()

    async def live() -> None:
        port = KernelDhcp(clock, Random(1), lambda _asked, _now, _random: Failing(error))
        wakes = port.wakes()
        await port.apply(ASKED)
        assert list(port.observe()) == ["eth0"]
        async for _ in wakes:
            if not port.observe():
                return

    asyncio.run(asyncio.wait_for(live(), 10))
    assert clock.slept == [10.0]
    assert "the conversation" in caplog.text
