"""A session: nodes are asked in turns, their logs followed, keys heard, the screen painted.

node ─ every interval ─► facts, numbers ─┐
node ─ as it comes ────► log            ─┼─► State ─► lines ─► terminal
keys ───────────────────────────────────┘
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from ichor.client.machine import Node
from ichor.dashboard import ask
from ichor.dashboard.draw import draw
from ichor.dashboard.keys import read
from ichor.dashboard.seen import Facts, Numbers, Seen
from ichor.dashboard.state import State, pressed
from ichor.dashboard.terminal import Terminal
from ichor.errors import IchorError
from ichor.ports.clock import Clock
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb

INTERVAL: Final = timedelta(seconds=3)
_KEPT: Final = 1000  # lines of a log
_LONGEST: Final = 4096  # of a line that does not end
_SETTLE_S: Final = 0.05  # a burst of log lines is painted once
Told = Callable[[], Awaitable[str]]


class Session:
    """fingerprint: of the certificate that the node shows in maintenance; on its own screen."""

    def __init__(
        self,
        nodes: Sequence[Node],
        terminal: Terminal,
        clock: Clock,
        interval: timedelta = INTERVAL,
        fingerprint: Told | None = None,
    ) -> None:
        self._nodes = nodes
        self._terminal = terminal
        self._clock = clock
        self._interval = interval.total_seconds()
        self._fingerprint = fingerprint
        seen = [Seen(name=node.name, time_s=clock.now().timestamp()) for node in nodes]
        self._state: State | None = State(nodes=seen, is_own=fingerprint is not None)
        self._changed = asyncio.Event()
        self._rest = b""

    async def run(self) -> None:
        """Show until a key ends it."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._terminal.source, self._hear)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(work(number, node))
                    for number, node in enumerate(self._nodes)
                    for work in (self._poll, self._follow)
                ]
                await self._show()
                for task in tasks:
                    task.cancel()
        finally:
            loop.remove_reader(self._terminal.source)

    async def _show(self) -> None:
        while self._state is not None:
            size = self._terminal.size()
            self._terminal.paint(draw(self._state, size.lines, size.columns))
            await self._changed.wait()
            await self._clock.sleep(_SETTLE_S)
            self._changed.clear()

    def _hear(self) -> None:
        raw = self._terminal.read()
        if not raw:  # the terminal has gone
            self._state = None
        keys, self._rest = read(self._rest + raw)
        for key in keys:
            self._state = pressed(self._state, key) if self._state is not None else None
        self._changed.set()

    def _change(self, number: int, change: Callable[[Seen], Seen]) -> None:
        if self._state is None:
            return
        nodes = list(self._state.nodes)
        nodes[number] = change(nodes[number])
        self._state = replace(self._state, nodes=nodes)
        self._changed.set()

    async def _poll(self, number: int, node: Node) -> None:
        while True:
            try:
                at_s = self._clock.monotonic()
                facts, now = await asyncio.gather(self._facts(node), ask.numbers(node, at_s))
            except (IchorError, OSError) as error:
                self._change(number, partial(troubled, str(error)))
            else:
                self._change(number, partial(polled, facts, now, self._clock.now().timestamp()))
            await self._clock.sleep(self._interval)

    async def _facts(self, node: Node) -> Facts:
        found = await ask.facts(node)
        if self._fingerprint is None or not found.is_maintained:
            return found
        return replace(found, fingerprint=await self._fingerprint())

    async def _follow(self, number: int, node: Node) -> None:
        lines: deque[str] = deque(maxlen=_KEPT)
        while True:
            lines.clear()
            waiting = b""
            try:
                request = pb.DmesgRequest(follow=True)
                async for piece in node.stream("Dmesg", request, common_pb2.Data):
                    *whole, waiting = (waiting + piece.bytes).split(b"\n")
                    waiting = waiting[:_LONGEST]
                    lines.extend(line.decode(errors="replace") for line in whole)
                    self._change(number, partial(logged, tuple(lines)))
            except (IchorError, OSError):
                pass  # what is wrong is said by the next poll
            await self._clock.sleep(self._interval)


def polled(facts: Facts, now: Numbers, time_s: float, seen: Seen) -> Seen:
    return replace(seen, facts=facts, before=seen.now, now=now, time_s=time_s, trouble="")


def troubled(why: str, seen: Seen) -> Seen:
    return replace(seen, trouble=why)


def logged(lines: Sequence[str], seen: Seen) -> Seen:
    return replace(seen, log=lines)
