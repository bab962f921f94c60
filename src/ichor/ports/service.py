"""Services: programs and daemons that machined keeps running.

    Start(spec) -> Preparing -> Running -> (exit) -> Waiting for back-off -> Running ...
    Stop(id)    -> Stopping -> Finished, gone after Forget(id)

When a service may start (dependencies, conditions) is decided by controllers; here one is
started, kept alive as its spec says, and seen. States carry the names of the machine API
(ServiceInfo.state; ServiceStateEvent.Action in upper case).
"""

import enum
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct


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


class Restart(enum.Enum):
    ALWAYS = "always"
    UNTIL_SUCCESS = "untilSuccess"
    NEVER = "never"


class Exec(Struct, frozen=True, kw_only=True, tag="exec"):
    """A program: argv[0] is an absolute path."""

    argv: tuple[str, ...]


class Daemon(Struct, frozen=True, kw_only=True, tag="daemon"):
    """A function of ours, run in a fork of the zygote; it gets `arguments` and gives a code.

    entry: `module:function` with the type Callable[[tuple[str, ...]], int | None].
    """

    entry: str
    arguments: tuple[str, ...] = ()


class Confinement(Struct, frozen=True, kw_only=True):
    """What a process gives up before its first own instruction.

    capabilities: names without CAP_, lower case; None keeps what init has.
    seccomp: name of a policy, empty for none; implies no_new_privs.
    limits: name as in RLIMIT_*, lower case -> (soft, hard), -1 for unlimited.
    oom_score_adj: as low as the kernel lets us go.
    """

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    capabilities: tuple[str, ...] | None = None
    no_new_privs: bool = False
    seccomp: str = ""
    limits: Mapping[str, tuple[int, int]] = {}
    oom_score_adj: int | None = None
    umask: int = 0o022


class Resources(Struct, frozen=True, kw_only=True):
    """Limits of a control group; None leaves the kernel's own.

    cpu_shares: as cgroup v1 counts them, 1024 for one ordinary process.
    memory_min: kept from reclaim where the kernel can (v2 only).
    """

    memory_max: int | None = None
    memory_min: int | None = None
    cpu_millicores: int | None = None
    cpu_shares: int | None = None
    pids_max: int | None = None


class ServiceSpec(Struct, frozen=True, kw_only=True):
    """How a service runs.

    cgroup: path below the node's own group, empty for machined's own.
    log: name of its log file; empty discards its output.
    sweep: end all it left behind when its process ended; not for a runtime, whose shims stay.
    """

    id: str
    program: Exec | Daemon
    confinement: Confinement = Confinement()
    cgroup: str = ""
    resources: Resources = Resources()
    environment: Mapping[str, str] = {}
    directory: str = "/"
    log: str = ""
    restart: Restart = Restart.ALWAYS
    grace: timedelta = timedelta(seconds=10)
    sweep: bool = True


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
