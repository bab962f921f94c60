"""The zygote's other end, in machined: starts processes, and a fresh zygote when one dies.

launcher = Launcher.fork(modules)         first thing, while there is one thread and no loop
await launcher.start(reaper)              in the loop
process = await launcher.launch(...)      a child of ours, watched by the reaper
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from ichor.errors import TransientError
from ichor.linux import zygote
from ichor.linux.process import Reaper
from ichor.linux.zygote import Launch, Launched
from ichor.log import fields, logger
from ichor.ports.service import Exit
from ichor.resources.runtime.service_spec import Confinement, Daemon, Exec

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """A running child. Caller closes pidfd; `ended` is the reaper's."""

    pid: int
    pidfd: int
    ended: asyncio.Future[Exit]


@dataclass(frozen=True, slots=True)
class Standard:
    """Descriptors for the child; they stay the caller's."""

    stdin: int
    stdout: int
    stderr: int


def fresh(modules: Iterable[str]) -> tuple[str, ...]:
    """Give the argv of a fresh zygote where Python is a program of its own."""
    return (sys.executable, "-m", "ichor.linux.zygote", *modules)


@dataclass(slots=True)
class Launcher:
    """One zygote and what is asked of it.

    command: argv of a fresh zygote, which finds the channel as its descriptor 3.
    """

    pid: int
    channel: socket.socket
    command: tuple[str, ...]
    restarts: int = 0
    _sequence: int = 0
    _waiting: dict[int, asyncio.Future[tuple[int, int]]] = field(default_factory=dict)
    _reaper: Reaper = field(default_factory=Reaper)
    _guard: asyncio.Task[None] | None = None

    @classmethod
    def fork(cls, modules: Iterable[str] = (), command: tuple[str, ...] = ()) -> "Launcher":
        """Fork the first zygote. There must be no other thread and no loop yet."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        names = tuple(modules)
        pid = os.fork()
        if pid == 0:
            ours.close()
            zygote.serve(theirs, names)
        theirs.close()
        return cls(pid, ours, command or fresh(names))

    def start(self, reaper: Reaper) -> None:
        """Serve answers from now on; call before the reaper starts."""
        self._reaper = reaper
        self._listen()
        self._guard = asyncio.get_running_loop().create_task(self._keep(), name="zygote")

    async def stop(self) -> None:
        """Let the zygote go; its daemons stay."""
        ended = self._reaper.watch(self.pid)
        if self._guard is not None:
            self._guard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._guard
        self._disconnect("the zygote was stopped")
        await ended

    def abandon(self) -> None:
        """Make no fresh zygote when this one ends: everything is about to."""
        if self._guard is not None:
            self._guard.cancel()

    async def launch(
        self,
        name: str,
        program: Exec | Daemon,
        standard: Standard,
        *,
        confinement: Confinement | None = None,
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
        before: Callable[[int], None] = lambda pid: None,
    ) -> Process:
        """Start a process; `before` is called with its pid while it still waits at the gate.

        Raises TransientError if the zygote went away meanwhile: nothing was started then.
        """
        self._sequence += 1
        request = Launch(
            sequence=self._sequence,
            name=name,
            program=program,
            confinement=confinement or Confinement(),
            environment=environment or {},
            directory=directory,
        )
        gate_in, gate_out = os.pipe2(os.O_CLOEXEC)
        try:
            try:
                pid, pidfd = await self._ask(request, standard, gate_in)
            finally:
                os.close(gate_in)
            ended = self._reaper.watch(pid)
            try:
                before(pid)
            except BaseException:
                os.close(pidfd)
                raise  # the gate closes unopened: the child ends before its first step
            os.write(gate_out, b"1")
            return Process(pid, pidfd, ended)
        finally:
            os.close(gate_out)

    async def _ask(self, request: Launch, standard: Standard, gate: int) -> tuple[int, int]:
        answer: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        self._waiting[request.sequence] = answer
        fds = [standard.stdin, standard.stdout, standard.stderr, gate]
        try:
            socket.send_fds(self.channel, [msgspec.json.encode(request)], fds)
        except OSError as error:
            del self._waiting[request.sequence]
            raise TransientError(f"the zygote does not listen: {error}") from error
        return await answer

    def _listen(self) -> None:
        self.channel.setblocking(False)
        asyncio.get_running_loop().add_reader(self.channel.fileno(), self._receive)

    def _receive(self) -> None:
        try:
            raw, fds, _, _ = socket.recv_fds(self.channel, 4096, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            raw, fds = b"", []
        if not raw:
            self._disconnect("the zygote died")
            return
        answer = msgspec.json.decode(raw, type=Launched)
        future = self._waiting.pop(answer.sequence, None)
        if future is None or future.done():
            for fd in fds:  # nobody waits any more: its gate is closed, so it ends by itself
                os.close(fd)
        elif answer.error:
            future.set_exception(TransientError(f"fork failed: {answer.error}"))
        else:
            future.set_result((answer.pid, fds[0]))

    def _disconnect(self, why: str) -> None:
        if self.channel.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.channel.fileno())
            self.channel.close()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(TransientError(why))

    async def _keep(self) -> None:
        """Replace a zygote that ended by a fresh one, exec'ed: fork would copy our threads."""
        while True:
            result = await asyncio.shield(self._reaper.watch(self.pid))
            self._disconnect(f"the zygote ended: {result}")
            self.restarts += 1
            log.warning("zygote ended", extra=fields(exit=result, restarts=self.restarts))
            if self.restarts > 3:
                await asyncio.sleep(min(30, self.restarts))
            try:
                self._exec_fresh()
            except OSError:
                log.exception("no fresh zygote")
                await asyncio.sleep(5)

    def _exec_fresh(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            actions = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), zygote.CHANNEL)]
            self.pid = os.posix_spawn(
                self.command[0], self.command, os.environ, file_actions=actions
            )
        self.channel = ours
        self._reaper.watch(self.pid)
        self._listen()
