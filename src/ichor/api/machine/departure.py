"""The claim of a machine that goes on what etcd can do without: one, for one operation.

    claimed ─► asked for ─► the machine is gone | its operation is over, by failing ─► given back

An error on the way gives it back, too: else no other control plane goes until its time is up.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from ichor.api.operations import Operations
from ichor.errors import Conflict
from ichor.ports.quorum import Quorum


class Departure:
    def __init__(self, operations: Operations, quorum: Quorum) -> None:
        self._operations = operations
        self._quorum = quorum
        self._is_claimed = False
        self._followed: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Raises Conflict where etcd could not do without this machine."""
        await self._quorum.check()

    @asynccontextmanager
    async def begun(self, longest: timedelta | None) -> AsyncGenerator["Departing", None]:
        """Claim for that long, or nothing for None; then it is asked to go, or has given it back.

        Raises Conflict where it must not go, or is going already by a claim of its own.
        """
        if longest is None:
            yield Departing(self._operations, [])
            return
        if self._is_claimed:
            raise Conflict("this machine is about to go already: wait until that is over")
        self._is_claimed = True
        asked: list[str] = []
        try:
            await self._quorum.claim(longest)
            yield Departing(self._operations, asked)
        finally:
            if asked:
                self._followed = asyncio.create_task(self._follow(asked[-1]))
            else:
                self._give_back()

    async def _follow(self, actor: str) -> None:
        try:
            await self._operations.over(actor)
        finally:
            self._give_back()

    def _give_back(self) -> None:
        self._quorum.release()
        self._is_claimed = False


class Departing(NamedTuple):
    """asked: the actor's id, once it was."""

    operations: Operations
    asked: list[str]

    def reboot(self, parameters: Mapping[str, str]) -> str:
        """Give the actor's id."""
        actor = self.operations.ask("reboot", parameters)
        self.asked.append(actor)
        return actor
