"""Services from images: containers that are kept running as their specs say.

    Preparing (runtime answers) -> Starting -> Running -> ended: back-off -> Waiting -> Starting
                                                      -> Stop: Stopping (TERM, KILL) -> Finished

The same life and the same words as programs have (linux.services); only who runs them differs.
A runtime that does not answer yet is no failure: the service prepares until it does.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import IchorError
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.containers import Containers
from ichor.ports.service import Action, Event, Exit, Forget, Service, Start, State, Stop
from ichor.resources.runtime.service_spec import Image, Restart, ServiceSpec
from ichor.rpc.status import RpcError

log = logger(__name__)
_EVENTS: Final = 32
_STEADY_S: Final = 30.0
_ANSWER_S: Final = 0.25  # between questions to a runtime that does not answer yet


class ContainerServices:
    """The adapter of ports.service.Services for what runs from images."""

    def __init__(self, containers: Containers, clock: Clock) -> None:
        self._containers = containers
        self._clock = clock
        self._services: dict[str, Service] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes = Wakes()

    def observe(self) -> Mapping[str, Service]:
        return dict(self._services)

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        match action:
            case Start(spec=spec):
                await self._stop(spec.id)
                self._begin(spec)
            case Stop(id=id):
                await self._stop(id)
            case Forget(id=id):
                self._services.pop(id, None)
                self._wakes.ring()
            case _:
                raise TypeError(f"containers take no {type(action).__name__}")

    async def stop_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for id in tuple(self._tasks):
                group.create_task(self._stop(id))

    def _begin(self, spec: ServiceSpec) -> None:
        before = self._services.get(spec.id)
        self._services[spec.id] = Service(
            spec=spec,
            state=State.INITIALIZED,
            starts=before.starts if before else 0,
            events=before.events if before else (),
        )
        self._tasks[spec.id] = asyncio.get_running_loop().create_task(
            self._live(spec), name=f"container {spec.id}"
        )

    async def _stop(self, id: str) -> None:
        task = self._tasks.pop(id, None)
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        spec = self._services[id].spec
        self._enter(id, State.STOPPING, "Sending SIGTERM")
        # A runtime that is gone holds no container of ours; what is left, the next start removes.
        with suppress(IchorError, RpcError, OSError):
            await self._containers.stop(id, grace_s=spec.grace.total_seconds())
            await self._containers.remove(id)
        self._enter(id, State.FINISHED, "Service finished successfully")

    async def _live(self, spec: ServiceSpec) -> None:
        failures = 0
        self._enter(spec.id, State.PREPARING, "Waiting for the container runtime")
        await self._answers()
        while True:
            began = self._clock.monotonic()
            ended = await self._run_once(spec)
            if self._clock.monotonic() - began > _STEADY_S:
                failures = 0
            if spec.restart is Restart.NEVER or (
                spec.restart is Restart.UNTIL_SUCCESS and ended == Exit()
            ):
                self._enter(
                    spec.id, State.FINISHED if ended == Exit() else State.FAILED, str(ended)
                )
                return
            delay = min(10.0, 0.2 * (1 << min(failures, 10)))
            failures += 1
            self._enter(spec.id, State.WAITING, f"{ended}, again in {delay:.1f} s")
            await self._clock.sleep(delay)

    async def _answers(self) -> None:
        """Wait until the runtime answers."""
        while True:
            try:
                await self._containers.list()
            except (IchorError, RpcError, OSError):
                await self._clock.sleep(_ANSWER_S)
            else:
                return

    async def _run_once(self, spec: ServiceSpec) -> Exit | str:
        """Start it and wait for its end; gives how it ended, or why it did not start."""
        if not isinstance(spec.program, Image):
            raise TypeError(f"{spec.id} runs from no image")
        service = self._services[spec.id]
        self._services[spec.id] = replace(service, starts=service.starts + 1)
        self._enter(spec.id, State.STARTING, "Creating the container")
        try:
            pid = await self._containers.start(spec.program.container)
            self._services[spec.id] = replace(self._services[spec.id], pid=pid)
            self._enter(spec.id, State.RUNNING, f"Started with PID {pid}")
            ended = await self._containers.wait(spec.id)
        except (IchorError, RpcError, OSError) as err:
            return str(err)
        except Exception as err:
            log.exception("container failed", extra=fields(service=spec.id))
            return f"internal error: {err!r}"
        finally:
            self._services[spec.id] = replace(self._services[spec.id], pid=0)
        code = ended.status
        return Exit(signal=code - 128) if code > 128 else Exit(code=code)

    def _enter(self, id: str, state: State, message: str) -> None:
        service = self._services[id]
        event = Event(state=state, message=message, at=self._clock.now())
        events = (*service.events, event)[-_EVENTS:]
        self._services[id] = replace(service, state=state, events=events)
        log.info("service", extra=fields(service=id, state=state.value, message=message))
        self._wakes.ring()
