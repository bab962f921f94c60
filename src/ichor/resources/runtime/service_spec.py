"""Services as wishes: programs and daemons that machined should keep running.

    controllers ─► runtime/ServiceSpec ─► runtime.Services (actuator) ─► ports.service

Each is one kind of ours under the id the interface knows the service by (`apid`, `etcd`, ...).
"""

import enum
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from msgspec import Struct

from ichor.cosi.resource import Definition, Spec
from ichor.formats.ocispec import Container

NAMESPACE = "runtime"


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


class Image(Struct, frozen=True, kw_only=True, tag="image"):
    """A container from an image, run by containerd in the namespace `system`."""

    container: Container


class Confinement(Struct, frozen=True, kw_only=True):
    """What a process gives up before its first own instruction.

    capabilities: names without CAP_, lower case; None keeps what init has.
    seccomp: name of a policy, empty for none; implies no_new_privs.
    limits: name as in RLIMIT_*, lower case -> (soft, hard), -1 for unlimited.
    oom_score_adj: as low as the kernel lets us go. nice: how far behind others, see nice(2).
    """

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    capabilities: tuple[str, ...] | None = None
    no_new_privs: bool = False
    seccomp: str = ""
    limits: Mapping[str, tuple[int, int]] = {}
    oom_score_adj: int | None = None
    nice: int = 0
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


class ServiceSpec(Spec, frozen=True, kw_only=True):
    """How a service runs.

    cgroup: path below the node's own group, empty for machined's own.
    log: name of its log file; empty discards its output.
    terminal: path of what is its input and output; only its errors go to the log then.
    sweep: end all it left behind when its process ended; not for a runtime, whose shims stay.
    """

    definition: ClassVar[Definition] = Definition(
        type="ServiceSpecs.ichor.dev",
        namespace=NAMESPACE,
        aliases=("servicespec",),
        sensitive=True,
    )
    id: str
    program: Exec | Daemon | Image
    confinement: Confinement = Confinement()
    cgroup: str = ""
    resources: Resources = Resources()
    environment: Mapping[str, str] = {}
    directory: str = "/"
    log: str = ""
    terminal: str = ""
    restart: Restart = Restart.ALWAYS
    grace: timedelta = timedelta(seconds=10)
    sweep: bool = True
