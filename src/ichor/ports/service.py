"""Services: programs and daemons that machined keeps running.

    Start(spec) -> Preparing -> Running -> (exit) -> Waiting for back-off -> Running ...
    Stop(id)    -> Stopping -> Finished, gone after Forget(id)

When a service may start (dependencies, conditions) is decided by controllers; here one is
started, kept alive as its spec says, and seen. States carry the names of the machine API
(ServiceInfo.state; ServiceStateEvent.Action in upper case).
"""

import enum
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from ichor.resources.runtime.service_spec import ServiceSpec


class State(enum.Enum):
    INITIALIZED = "Initialized"
    PREPARING = "Preparing"
    WAITING = "Waiting"
    PRE = "Pre"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    FINISHED = "Finished"
    FAILED = "Failed"
    SKIPPED = "Skipped"


class Exit(Struct, frozen=True, kw_only=True):
    """How a process ended: by a code, or by a signal."""

    code: int = 0
    signal: int = 0

    def __str__(self) -> str:
        return f"signal {self.signal}" if self.signal else f"exit code {self.code}"


class Event(Struct, frozen=True, kw_only=True):
    state: State
    message: str
    at: datetime


class Service(Struct, frozen=True, kw_only=True):
    """A service as it is.

    pid: 0 while it has no process. starts: how often its process was started.
    events: the newest last, a bounded number.
    """

    spec: ServiceSpec
    state: State
    pid: int = 0
    starts: int = 0
    exit: Exit | None = None
    events: tuple[Event, ...] = ()


class Start(Struct, frozen=True, kw_only=True):
    """Start a service; one that runs with another spec is stopped first."""

    spec: ServiceSpec


class Stop(Struct, frozen=True, kw_only=True):
    """End its process: SIGTERM, the spec's grace, SIGKILL to all of its control group."""

    id: str


class Signal(Struct, frozen=True, kw_only=True):
    id: str
    number: int


class Forget(Struct, frozen=True, kw_only=True):
    """Drop a stopped service from what is observed."""

    id: str


Action = Start | Stop | Signal | Forget


class Services(Protocol):
    def observe(self) -> Mapping[str, Service]: ...

    async def apply(self, action: Action) -> None:
        """Do it; Stop returns when the process is gone. Raises NotFound, OSError."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yield after every change of what is observed."""
        ...
