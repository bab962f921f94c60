"""Processor time as the kernel counts it."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Part


class CPUTimes(Part, frozen=True, kw_only=True, rename="camel"):
    user: float = 0.0
    nice: float = 0.0
    system: float = 0.0
    idle: float = 0.0
    iowait: float = 0.0
    irq: float = 0.0
    soft_irq: float = 0.0
    steal: float = 0.0
    guest: float = 0.0
    guest_nice: float = 0.0


class CPUStat(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="CPUStats.perf.talos.dev",
        namespace="perf",
        aliases=("cpustat", "cpus"),
        columns={"User": "{.cpuTotal.user}", "System": "{.cpuTotal.system}"},
    )
    cpu: tuple[CPUTimes, ...] = ()
    cpu_total: CPUTimes = CPUTimes()
    irq_total: int = 0
    context_switches: int = 0
    process_created: int = 0
    process_running: int = 0
    process_blocked: int = 0
    soft_irq_total: int = 0
