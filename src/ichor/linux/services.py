"""The supervisor: keeps services running as their specs say, and says how they are.

One task per service walks its life; what it did is in the service's state and events.

    Preparing (group, log) -> Starting -> Running -> ended: back-off -> Waiting -> Starting ...
                                                  -> Stop: Stopping (TERM, grace, KILL) -> Finished

A failure to start is a failure like any other: shown, backed off, tried again.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import NotFound, TransientError
from ichor.linux.launch import Launcher, Process, Standard
from ichor.linux.logs import LogFile, Pump
from ichor.linux.process import Reaper
from ichor.log import fields, logger
from ichor.ports.cgroup import Cgroups, Kill, Make, Place
from ichor.ports.clock import Clock
from ichor.ports.service import Action, Event, Exit, Forget, Service, Signal, Start, State, Stop
from ichor.resources.runtime.service_spec import Image, Restart, ServiceSpec

log = logger(__name__)

_EVENTS = 32
_STEADY_S = 30.0


def backoff(failures: int) -> float:
    """Give the seconds to wait before start number failures + 1: 0.2, 0.4 ... at most 10."""
    return min(10.0, 0.2 * (1 << min(failures, 10)))


@dataclass(slots=True)
class _Running:
    """What belongs to one service while its task lives."""

    task: asyncio.Task[None]
    process: Process | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


async def _ended(process: Process) -> None:
    await asyncio.shield(process.ended)


async def _first(*waits: Coroutine[object, object, None]) -> None:
    """Wait until one is done, and give up the others."""
    tasks = {asyncio.ensure_future(wait) for wait in waits}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


class Supervisor:
    """The adapter of ports.service.Services; all methods in the loop's thread."""

    def __init__(
        self,
        *,
        launcher: Launcher,
        reaper: Reaper,
        cgroups: Cgroups,
        clock: Clock,
        logs: Path,
    ) -> None:
        self._launcher = launcher
        self._reaper = reaper
        self._cgroups = cgroups
        self._clock = clock
        self._logs = logs
        self._services: dict[str, Service] = {}
        self._running: dict[str, _Running] = {}
        self._files: dict[str, LogFile] = {}
        self._wakes = Wakes()

    def observe(self) -> Mapping[str, Service]:
        return dict(self._services)

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Start(spec=spec):
                await self._start(spec)
            case Stop(id=id):
                await self._stop(self._known(id).spec.id)
            case Signal(id=id, number=number):
                self._signal(self._known(id), number)
            case Forget(id=id):
                self._forget(id)

    def log_file(self, name: str) -> LogFile:
        """Give the log of that name, made on first use."""
        if name not in self._files:
            self._files[name] = LogFile(self._logs / f"{name}.log")
        return self._files[name]

    async def stop_all(self) -> None:
        """Stop what runs, all at once; the last services of a shutdown."""
        async with asyncio.TaskGroup() as group:
            for id in tuple(self._running):
                group.create_task(self._stop(id))

    def _known(self, id: str) -> Service:
        if id not in self._services:
            raise NotFound(f"no service {id!r}")
        return self._services[id]

    async def _start(self, spec: ServiceSpec) -> None:
        if spec.id in self._running:
            if self._services[spec.id].spec == spec:
                return
            await self._stop(spec.id)
        before = self._services.get(spec.id)
        events = before.events if before else ()
        starts = before.starts if before else 0
        self._services[spec.id] = Service(
            spec=spec, state=State.INITIALIZED, events=events, starts=starts
        )
        self._enter(spec.id, State.PREPARING, "Creating service runner")
        task = asyncio.get_running_loop().create_task(self._live(spec), name=f"service {spec.id}")
        self._running[spec.id] = _Running(task)

    async def _stop(self, id: str) -> None:
        running = self._running.get(id)
        if running is None:
            return
        running.stopping.set()
        await asyncio.shield(running.task)

    def _signal(self, service: Service, number: int) -> None:
        if not self._reaper.signal(service.pid, number):
            raise NotFound(f"service {service.spec.id!r} has no process")

    def _forget(self, id: str) -> None:
        if id not in self._running and self._services.pop(id, None) is not None:
            self._wakes.ring()

    def _enter(self, id: str, state: State, message: str, *, pid: int = 0) -> None:
        service = self._services[id]
        event = Event(state=state, message=message, at=self._clock.now())
        events = (*service.events, event)[-_EVENTS:]
        self._services[id] = replace(service, state=state, pid=pid, events=events)
        log.info("service", extra=fields(service=id, state=state.value, message=message))
        self._wakes.ring()

    async def _live(self, spec: ServiceSpec) -> None:
        """Walk the service's life until it is stopped or its restart policy says so."""
        failures = 0
        try:
            while True:
                began = self._clock.monotonic()
                message = await self._guarded(spec)
                state = self._verdict(spec)
                if state is not None:
                    self._enter(spec.id, state, message)
                    return
                steady = self._clock.monotonic() - began >= _STEADY_S
                failures = 0 if steady else failures + 1
                wait = backoff(failures)
                self._enter(spec.id, State.WAITING, f"{message}; again in {wait:.1f}s")
                await self._pause(spec.id, wait)
        finally:
            del self._running[spec.id]

    async def _guarded(self, spec: ServiceSpec) -> str:
        """Run it once; an error of ours is a failure of this service, not the end of its task."""
        try:
            return await self._once(spec)
        except Exception as error:
            log.exception("service", extra=fields(service=spec.id))
            return f"Failed: {error}"

    def _verdict(self, spec: ServiceSpec) -> State | None:
        """Give the last state, None to go on."""
        if self._running[spec.id].stopping.is_set():
            return State.FINISHED
        ended = self._services[spec.id].exit
        well = ended is not None and ended == Exit()
        if spec.restart is Restart.ALWAYS or (spec.restart is Restart.UNTIL_SUCCESS and not well):
            return None
        return State.FINISHED if well else State.FAILED

    async def _pause(self, id: str, seconds: float) -> None:
        """Wait, but not beyond a Stop."""
        await _first(self._stopped(id), self._clock.sleep(seconds))

    async def _stopped(self, id: str) -> None:
        await self._running[id].stopping.wait()

    async def _once(self, spec: ServiceSpec) -> str:
        """Run its process once; say how that ended."""
        if self._running[spec.id].stopping.is_set():
            return "Service stopped before it ran"
        self._services[spec.id] = replace(self._services[spec.id], exit=None)
        pump = Pump(self.log_file(spec.log)) if spec.log else None
        try:
            process = await self._spawn(spec, pump)
        except (OSError, TransientError) as error:
            if pump:
                pump.stop()
            return f"Failed to start: {error}"
        finally:
            if pump:
                pump.close_write_end()
        try:
            return await self._attend(spec, process)
        finally:
            if not process.ended.done():
                self._reaper.signal(process.pid, signal.SIGKILL)
            os.close(process.pidfd)
            if pump:
                await self._drain(pump)

    async def _spawn(self, spec: ServiceSpec, pump: Pump | None) -> Process:
        if isinstance(spec.program, Image):
            raise TypeError(f"{spec.id} runs from an image: containerd's, not ours")
        if spec.cgroup:
            self._cgroups.apply(Make(path=spec.cgroup, resources=spec.resources))
        self._enter(spec.id, State.STARTING, "Starting process")
        own = _input_of(spec)
        errors = pump.write_end if pump else own
        try:
            return await self._launcher.launch(
                spec.id,
                spec.program,
                Standard(own, own if spec.terminal else errors, errors),
                confinement=spec.confinement,
                environment=spec.environment,
                directory=spec.directory,
                before=lambda pid: self._place(spec, pid),
            )
        finally:
            os.close(own)

    def _place(self, spec: ServiceSpec, pid: int) -> None:
        if spec.cgroup:
            self._cgroups.apply(Place(path=spec.cgroup, pid=pid))

    async def _attend(self, spec: ServiceSpec, process: Process) -> str:
        """See the process through to its end, or to a Stop."""
        service = self._services[spec.id]
        self._services[spec.id] = replace(service, starts=service.starts + 1)
        self._enter(spec.id, State.RUNNING, f"Started with PID {process.pid}", pid=process.pid)
        await _first(self._stopped(spec.id), _ended(process))
        if not process.ended.done():
            await self._end(spec, process)
        ended = await process.ended
        self._sweep(spec, process.pid)
        self._services[spec.id] = replace(self._services[spec.id], exit=ended)
        return f"Process ended with {ended}"

    async def _end(self, spec: ServiceSpec, process: Process) -> None:
        self._enter(spec.id, State.STOPPING, "Sending SIGTERM", pid=process.pid)
        self._reaper.signal(process.pid, signal.SIGTERM)
        await _first(self._clock.sleep(spec.grace.total_seconds()), _ended(process))
        if not process.ended.done():
            self._enter(spec.id, State.STOPPING, "Sending SIGKILL", pid=process.pid)
            self._reaper.signal(process.pid, signal.SIGKILL)

    def _sweep(self, spec: ServiceSpec, pid: int) -> None:
        """End what the service left behind: all of its group if it has one, else its session."""
        if spec.sweep and spec.cgroup:
            with suppress(OSError):
                self._cgroups.apply(Kill(path=spec.cgroup))
        elif spec.sweep:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    async def _drain(self, pump: Pump) -> None:
        """Take the last lines; a grandchild that keeps the pipe open is not waited for."""
        done, _ = await asyncio.wait({pump.ended}, timeout=0.2)
        if not done:
            pump.stop()


def _input_of(spec: ServiceSpec) -> int:
    if spec.terminal:
        from ichor.linux.screen import open_terminal  # which most nodes do without

        return open_terminal(spec.terminal)
    return os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
