"""What the services beside machined share: they read its store, and serve until told to stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from ichor import log
from ichor.cosi.resource import Resource, Spec
from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.peer import UnixTarget

SOCKET: Final = "/system/run/machined/machine.sock"
S = TypeVar("S", bound=Spec)


def bound(port: int) -> socket.socket:
    """Bind a port of every address, IPv6 and IPv4 where the kernel has both."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(
            ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128
        )
    return socket.create_server(("", port), backlog=128)


async def follow(
    changes: AsyncIterator[Resource[S] | None], take: Callable[[S], Awaitable[None]]
) -> None:
    async for resource in changes:
        if resource is not None:
            await take(resource.spec)


def serve(run: Callable[[Channel], Awaitable[None]], budget: Budget | None = None) -> int:
    """Run a service over machined's socket until SIGTERM; return its exit code.

    budget: what it may hold for its callers, if it passes their calls on to machined.
    """

    async def over() -> None:
        machined = Channel(UnixTarget(SOCKET), budget=budget)
        try:
            await run(machined)
        finally:
            await machined.close()

    return until_told(over)


def until_told(run: Callable[[], Awaitable[None]]) -> int:
    """Run a service until SIGTERM; return its exit code."""
    log.setup()
    asyncio.run(_until_told(run))
    return 0


async def _until_told(run: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await run()
