"""Nodes as a dashboard has seen them."""

from ichor.dashboard.lines import Line, text
from ichor.dashboard.seen import Component, Facts, Numbers, Process, Seen

FACTS = Facts(
    hostname="n1",
    version="v1.14.0+ichor.1",
    cluster="c1",
    machine_type="controlplane",
    stage="running",
    is_ready=True,
    addresses=["10.5.0.2/24", "fd00::2/64"],
    gateways=["10.5.0.1"],
    resolvers=["1.1.1.1"],
    time_servers=["time.test"],
    is_connected=True,
    members=3,
    components=[Component("kubelet", True), Component("scheduler", False)],
)
BEFORE = Numbers(
    at_s=10.0,
    boot_time=1000,
    load=(0.5, 0.25, 0.1),
    memory_total=4_000_000_000,
    memory_available=3_000_000_000,
    processors=2,
    processor="Abacus",
    frequency_khz=2_500_000,
    busy_s=100.0,
    idle_s=100.0,
    received=1000,
    sent=1000,
    read=0,
    written=0,
    processes=[Process(1, "/sbin/init", 1.0, 60_000_000), Process(7, "kubelet", 2.0, 50_000_000)],
)
NOW = Numbers(
    at_s=12.0,
    boot_time=1000,
    load=(0.5, 0.25, 0.1),
    memory_total=4_000_000_000,
    memory_available=3_000_000_000,
    processors=2,
    processor="Abacus",
    frequency_khz=2_500_000,
    busy_s=101.0,
    idle_s=103.0,
    received=5000,
    sent=1000,
    read=4000,
    written=0,
    processes=[Process(1, "/sbin/init", 1.0, 60_000_000), Process(7, "kubelet", 3.0, 50_000_000)],
)
SEEN = Seen(
    name="10.5.0.2",
    facts=FACTS,
    before=BEFORE,
    now=NOW,
    time_s=1000 + 2 * 3600 + 3 * 60,
    log=[f"line {number}" for number in range(100)],
)


def shown(lines: tuple[Line, ...]) -> list[str]:
    return [text(line).rstrip() for line in lines]
