"""Processes: the one owner of SIGCHLD and waitid, and signals by pidfd.

PID 1 is the parent of every orphan, so it waits for all children, known or not:

    SIGCHLD -> waitid(P_ALL) until nobody is left -> known pid: its future; unknown: an orphan

A pid stays ours until it is waited for here, in the loop's own thread; therefore signalling a
watched pid cannot hit a stranger. asyncio.subprocess would wait too: never use it beside this.
"""

import asyncio
import errno
import os
import signal
from collections.abc import Callable
from contextlib import suppress

from ichor.linux import libc
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.service import Exit

log = logger(__name__)


class Reaper:
    """Waits for every child of this process while a loop runs."""

    def __init__(self) -> None:
        self._watched: dict[int, asyncio.Future[Exit]] = {}
        self._alone = asyncio.Event()
        self.orphans = 0

    def start(self) -> None:
        """Begin to reap, also what ended before; children known already must be watched first."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)
        self._reap()

    def stop(self) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)

    def watch(self, pid: int) -> asyncio.Future[Exit]:
        """Give the end of a child: call it before the loop runs again after the child was made."""
        if pid not in self._watched:
            self._watched[pid] = asyncio.get_running_loop().create_future()
        return self._watched[pid]

    def signal(self, pid: int, number: int) -> bool:
        """Send a signal to a watched child; False if it ended already."""
        if pid not in self._watched:
            return False
        os.kill(pid, number)
        return True

    async def end_all(self, clock: Clock, grace_s: float) -> None:
        """End every other process of our pid namespace; only PID 1 may, as all are its own.

        Raises PermissionError elsewhere: there kill(-1) would hit strangers.
        """
        if os.getpid() != 1:
            raise PermissionError(errno.EPERM, "only PID 1 may end all processes")
        for number, wait in ((signal.SIGTERM, grace_s), (signal.SIGKILL, grace_s)):
            with suppress(ProcessLookupError):
                os.kill(-1, number)
            await self._until_alone(clock, wait)

    async def _until_alone(self, clock: Clock, seconds: float) -> None:
        alone = asyncio.ensure_future(self._alone.wait())
        late = asyncio.ensure_future(clock.sleep(seconds))
        self._reap()
        await asyncio.wait({alone, late}, return_when=asyncio.FIRST_COMPLETED)
        alone.cancel()
        late.cancel()

    def _reap(self) -> None:
        self._alone.clear()
        while (ended := self._wait_any()) is not None:
            pid, result = ended
            future = self._watched.pop(pid, None)
            if future is None:
                self.orphans += 1
                log.debug("orphan reaped", extra=fields(pid=pid, exit=result))
            elif not future.done():
                future.set_result(result)

    def _wait_any(self) -> tuple[int, Exit] | None:
        try:
            info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            self._alone.set()
            return None
        if info is None:
            return None
        if info.si_code == os.CLD_EXITED:
            return info.si_pid, Exit(code=info.si_status)
        return info.si_pid, Exit(signal=info.si_status)


def become_subreaper() -> None:
    """Adopt the orphans among our descendants, as PID 1 does by nature."""
    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)


async def readable(fd: int) -> None:
    """Wait until a descriptor can be read: for a pidfd, until its process has ended."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(fd, wake)
    try:
        await ready
    finally:
        loop.remove_reader(fd)


def on_signals(handlers: dict[int, Callable[[], None]]) -> None:
    """Call a handler in the loop for each signal: how PID 1 hears SIGTERM, SIGINT, SIGPWR.

    The kernel drops signals for which init has no handler; so none but these reach PID 1.
    """
    loop = asyncio.get_running_loop()
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
