"""What a dashboard knows of nodes: facts, counters at two moments, the last lines of a log."""

from collections.abc import Sequence

from msgspec import Struct

# One unit of SystemStat, NetworkDeviceStats and DiskStats each.
SECTOR = 512


class Component(Struct, frozen=True):
    """A part of Kubernetes on the node; is_healthy: None while nobody has looked."""

    name: str
    is_healthy: bool | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What changes seldom. stage, machine_type: words of the interface.

    unmet: why the node is not ready. members: of the cluster, as discovery has them.
    fingerprint: of the certificate that is shown in maintenance, where that is known.
    """

    hostname: str = ""
    version: str = ""
    cluster: str = ""
    machine_type: str = ""
    stage: str = ""
    is_ready: bool = False
    unmet: Sequence[str] = ()
    addresses: Sequence[str] = ()
    gateways: Sequence[str] = ()
    resolvers: Sequence[str] = ()
    time_servers: Sequence[str] = ()
    is_connected: bool = False
    members: int = 0
    components: Sequence[Component] = ()
    diagnostics: Sequence[str] = ()
    fingerprint: str = ""

    @property
    def is_maintained(self) -> bool:
        return self.stage == "maintenance"


class Process(Struct, frozen=True):
    """cpu_s: seconds of processor since it began."""

    pid: int
    name: str
    cpu_s: float
    resident: int


class Numbers(Struct, frozen=True, kw_only=True):
    """Counters at one moment. at_s: of a clock that only goes on. Bytes, seconds, kHz."""

    at_s: float
    boot_time: int = 0
    load: Sequence[float] = (0.0, 0.0, 0.0)
    memory_total: int = 0
    memory_available: int = 0
    processors: int = 0
    processor: str = ""
    frequency_khz: int = 0
    busy_s: float = 0.0
    idle_s: float = 0.0
    received: int = 0
    sent: int = 0
    read: int = 0
    written: int = 0
    processes: Sequence[Process] = ()


class Rates(Struct, frozen=True, kw_only=True):
    """What two moments say of the time between. busy: a share of all processors.

    cpu: of a process by its pid, in processors.
    """

    busy: float = 0.0
    received: float = 0.0
    sent: float = 0.0
    read: float = 0.0
    written: float = 0.0
    cpu: dict[int, float] = {}


class Seen(Struct, frozen=True, kw_only=True):
    """All that is known of a node. name: as the user wrote it. trouble: why it is not more."""

    name: str
    facts: Facts = Facts()
    before: Numbers | None = None
    now: Numbers | None = None
    time_s: float = 0.0
    log: Sequence[str] = ()
    trouble: str = ""


def rates(before: Numbers | None, now: Numbers | None) -> Rates | None:
    """Give what happened between two moments; None where there are not two."""
    if before is None or now is None or now.at_s <= before.at_s:
        return None
    passed = now.at_s - before.at_s
    busy, idle = now.busy_s - before.busy_s, now.idle_s - before.idle_s

    def rate(old: float, new: float) -> float:
        return max(0.0, new - old) / passed  # a counter that began anew has no rate

    spent = {one.pid: one.cpu_s for one in before.processes}
    return Rates(
        busy=busy / (busy + idle) if busy >= 0 and idle >= 0 and busy + idle > 0 else 0.0,
        received=rate(before.received, now.received),
        sent=rate(before.sent, now.sent),
        read=rate(before.read, now.read),
        written=rate(before.written, now.written),
        cpu={one.pid: rate(spent[one.pid], one.cpu_s) for one in now.processes if one.pid in spent},
    )
