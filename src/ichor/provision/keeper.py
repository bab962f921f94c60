"""The keeper: one small host process a node, the parent of the node's init.

    python -m ichor.provision.keeper <directory of the node>

It starts init, waits for its end by pidfd, and acts on that as `life` says; holds the forwarders of
the node and its console; answers `control`. It goes into the background once init runs, and the
exit status of what was called tells whether it does. If it is killed, init is killed with it
(PR_SET_PDEATHSIG): a node without its keeper would be one that nobody restarts or stops.
"""

import asyncio
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from ichor.errors import Conflict, IchorError, TransientError
from ichor.log import LineFormatter, fields, logger
from ichor.provision import control, forward, launch, life
from ichor.provision import name as names
from ichor.provision.body import Body, Container, ended
from ichor.provision.bounded import BoundedLog
from ichor.provision.control import Answer, Request, Verb
from ichor.provision.life import End, State, Status
from ichor.provision.machine import VirtualMachine
from ichor.provision.record import CONSOLE, Node, load_node

log = logger(__name__)

_LOG_LIMIT = 1 << 20
_READ = 1 << 16
_GRACE_AT_SHUTDOWN = timedelta(seconds=20)


class Keeper:
    def __init__(self, node: Node, body: Body) -> None:
        self._body = body
        self._state = State.STARTING
        self._pid = self._launches = self._crashes = 0
        self._last_end = ""
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._changed = asyncio.Condition()
        self.closing = asyncio.Event()
        self.forwarders = forward.Forwarders(names.hub(node.cluster), node, self.is_up)
        self._grace = timedelta()

    @property
    def status(self) -> Status:
        return Status(
            state=self._state,
            pid=self._pid,
            keeper=os.getpid(),
            launches=self._launches,
            crashes=self._crashes,
            last_end=self._last_end,
        )

    def is_up(self) -> bool:
        return self._pid != 0

    async def _become(self, state: State) -> None:
        async with self._changed:
            self._state = state
            self._changed.notify_all()

    async def _until(self, *states: State) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._state in states)

    async def supervise(self, started: asyncio.Future[None]) -> None:
        """Start init whenever it is wanted, for ever; started: how the first start went."""
        while True:
            if not self._wanted.is_set():
                await self._become(State.STOPPED)
                await self._wanted.wait()
            await self._become(State.STARTING)
            begin = time.monotonic()
            try:
                await self._start()
            except (OSError, IchorError) as err:
                self._last_end, end = f"start failed: {err}", End.CRASH
                if not started.done():
                    started.set_exception(err)
            else:
                if not started.done():
                    started.set_result(None)
                begin = time.monotonic()  # the network before it may have taken long
                end = await self._run()
            await self._after(end, timedelta(seconds=time.monotonic() - begin))

    async def _start(self) -> None:
        self._pid = await self._body.start()
        self._launches += 1
        log.info("init started", extra=fields(pid=self._pid, launches=self._launches))

    async def _run(self) -> End:
        await self._become(State.RUNNING)
        status = await ended(self._pid)
        self._pid = 0
        self._last_end = life.describe(status)
        return self._body.meaning(status)

    async def _after(self, end: End, lived: timedelta) -> None:
        if not self._wanted.is_set():
            end = End.POWER_OFF  # asked for, whichever way it went
        self._crashes = life.crashes_after(end, self._crashes, lived)
        extra = fields(meaning=end.value, how=self._last_end, crashes=self._crashes)
        log.info("init ended", extra=extra)
        if end is End.POWER_OFF:
            self._wanted.clear()  # at once: who wants a start from now on is to have it
        self.forwarders.cut()
        await self._body.sweep()
        if end is End.CRASH:
            await self._become(State.WAITING)
            await self._pause(life.pause(self._crashes))

    async def _pause(self, duration: timedelta) -> None:
        """Wait that long, or until the node is not wanted any more."""
        try:
            async with asyncio.timeout(duration.total_seconds()):
                async with self._changed:
                    await self._changed.wait_for(lambda: not self._wanted.is_set())
        except TimeoutError:
            return

    async def _unwant(self) -> None:
        async with self._changed:
            self._wanted.clear()
            self._changed.notify_all()

    def _kill(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)

    def _ask(self) -> None:
        if self._pid:
            self._body.ask(self._pid)

    async def stop(self, grace: timedelta) -> None:
        try:
            async with asyncio.timeout(grace.total_seconds()):
                await self._end(self._ask)
        except TimeoutError:
            log.warning("init did not power off in time", extra=fields(grace=grace))
            await self.cut()

    async def cut(self) -> None:
        await self._end(self._kill)

    async def _end(self, how: Callable[[], None]) -> None:
        """A start under way is waited for: there is no pid yet that a signal could go to."""
        await self._unwant()
        await self._until(State.RUNNING, State.STOPPED)
        how()
        await self._until(State.STOPPED)

    async def next_launch(self, seen: int) -> None:
        """Wait until init was started more than `seen` times and runs, or is stopped."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: (
                    self._state is State.STOPPED
                    or (self._state is State.RUNNING and self._launches > seen)
                )
            )

    async def start(self) -> None:
        """Raises TransientError if init does not start; one that ended again already did start."""
        before = self._launches
        self._wanted.set()
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._launches > before or self._state in {State.RUNNING, State.WAITING}
            )
        if self._state is State.WAITING and self._launches == before:
            raise TransientError(self._last_end)

    def close_gently(self) -> None:
        """The host goes down (SIGTERM): let the node power off, but not for long."""
        self._grace = _GRACE_AT_SHUTDOWN
        self.closing.set()

    async def close(self) -> None:
        await self.stop(self._grace)

    async def answer(self, request: Request) -> None:
        match request.verb:
            case Verb.STATUS:
                return
            case Verb.START:
                await self.start()
            case Verb.STOP:
                await self.stop(timedelta(seconds=request.grace_s))
            case Verb.KILL:
                self._kill()
            case Verb.NEXT:
                await self.next_launch(request.seen)
            case Verb.CUT | Verb.SHUTDOWN:
                await self.cut()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, error = Request(verb=Verb.STATUS), ""
        try:
            request = msgspec.json.decode(await reader.readline(), type=Request)
            await self.answer(request)
        except (IchorError, msgspec.DecodeError, OSError) as err:
            error = str(err)
        answer = Answer(status=self.status, error=error)
        try:
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except OSError:
            log.debug("a caller hung up before its answer")
        writer.close()
        if request.verb is Verb.SHUTDOWN:
            self.closing.set()


def _copy_console(terminal: launch.Terminal, console: BoundedLog) -> None:
    try:
        console.write(os.read(terminal.master, _READ))
    except BlockingIOError:
        return


def body_of(node: Node, directory: Path, terminal: launch.Terminal) -> Body:
    if node.machine is None:
        return Container(node, directory, terminal)
    return VirtualMachine(node, node.machine, directory, terminal)


class Ready:
    """Where the outcome of the first start is written, once: later its number is another file's."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def say(self, outcome: str) -> None:
        if self._fd >= 0:
            os.write(self._fd, outcome.encode()[:4096])
            os.close(self._fd)
            self._fd = -1


async def keep(node: Node, directory: Path, ready: Ready) -> None:
    """Be the keeper until told to end."""
    loop = asyncio.get_running_loop()
    terminal = launch.open_terminal()
    console = BoundedLog(directory / CONSOLE)
    loop.add_reader(terminal.master, _copy_console, terminal, console)
    keeper = Keeper(node, body_of(node, directory, terminal))
    loop.add_signal_handler(signal.SIGTERM, keeper.close_gently)
    async with AsyncExitStack() as stack:
        await keeper.forwarders.start(stack)
        with control.address(directory) as path:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108 - of a keeper that was killed
            server = await asyncio.start_unix_server(keeper.accept, path)
        stack.callback(server.close)
        started: asyncio.Future[None] = loop.create_future()
        task = loop.create_task(keeper.supervise(started))
        task.add_done_callback(lambda _: keeper.closing.set())
        await started
        ready.say("ok")
        await keeper.closing.wait()
        if not task.done():
            await keeper.close()
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task  # a bug in it is told here
    (directory / control.SOCKET).unlink(missing_ok=True)


def _lock(directory: Path) -> int:
    """Be the only keeper of this node; the caller keeps the descriptor open."""
    fd = os.open(directory / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        raise Conflict(f"{directory.name} has a keeper already") from err
    return fd


def _set_up_log(directory: Path) -> None:
    path = directory / "keeper.log"
    handler = RotatingFileHandler(path, maxBytes=_LOG_LIMIT, backupCount=1)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    null = os.open(os.devnull, os.O_RDONLY)
    errors = os.open(path, os.O_WRONLY | os.O_APPEND)
    for source, target in ((null, 0), (errors, 1), (errors, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(errors)


def _background(directory: Path, ready: Ready) -> None:
    os.setsid()
    os.chdir("/")
    _set_up_log(directory)
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    try:
        lock = _lock(directory)
        asyncio.run(keep(load_node(directory), directory, ready))
        os.close(lock)
    except (OSError, IchorError) as err:
        log.error("keeper ends", extra=fields(error=str(err)))
        ready.say(f"error: {err}")


def main(argv: list[str]) -> int:
    """Fork the keeper and give 0 once its node runs, 1 with the reason on stderr if it cannot."""
    directory = Path(argv[1]).absolute()
    told, ready = os.pipe()
    if os.fork() == 0:
        os.close(told)
        _background(directory, Ready(ready))
        return 0
    os.close(ready)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    if said == "ok":
        return 0
    reason = said or f"the keeper died, see {directory / 'keeper.log'}"
    sys.stderr.write(reason.removeprefix("error: ") + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
