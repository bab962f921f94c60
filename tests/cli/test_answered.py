"""Who waits for a machine asks again while it is away, and hears at once what it says for good."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ichor.cli import power
from ichor.rpc.status import Code, RpcError


def asked(*given: Code | str) -> Callable[[], Awaitable[str]]:
    replies = iter(given)

    async def ask() -> str:
        reply = next(replies)
        if isinstance(reply, Code):
            raise RpcError(reply, "closed by the peer")
        return reply

    return ask


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "_PAUSE_S", 0.0)


def test_a_machine_that_starts_once_more_is_asked_again() -> None:
    ask = asked(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, "entry")
    assert asyncio.run(power.answered(ask)) == "entry"


def test_what_a_machine_refuses_is_not_asked_again() -> None:
    with pytest.raises(RpcError, match="closed by the peer"):
        asyncio.run(power.answered(asked(Code.PERMISSION_DENIED, "entry")))
