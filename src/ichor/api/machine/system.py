"""What the kernel counts: memory, load, processors, disks, links, processes, mounts.

One file of /proc each, from text to the interface's message; nothing is kept between calls.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Protocol

from google.protobuf.empty_pb2 import Empty

from ichor.api.machine.aside import Aside
from ichor.api.machine.table import unary
from ichor.cosi.state import State, find
from ichor.formats.procfs import CpuTimes, DiskStat, LoadAverage, NetStat, SystemStat
from ichor.linux.procfs import Frequency, MountSpace, ProcessInfo
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID
from ichor.rpc.context import Context, Handler

_TICKS = 100.0  # USER_HZ of every architecture we run on
_SOFT = [
    "hi",
    "timer",
    "net_tx",
    "net_rx",
    "block",
    "block_io_poll",
    "tasklet",
    "sched",
    "hrtimer",
    "rcu",
]


class Proc(Protocol):
    """/proc as values; the module `linux.procfs` is one."""

    def loadavg(self) -> LoadAverage: ...

    def meminfo(self) -> Mapping[str, int]: ...

    def stat(self) -> SystemStat: ...

    def diskstats(self) -> tuple[DiskStat, ...]: ...

    def net_dev(self) -> tuple[NetStat, ...]: ...

    def cpuinfo(self) -> tuple[Mapping[str, str], ...]: ...

    def frequencies(self) -> Iterator[Frequency]: ...

    def processes(self) -> Iterator[ProcessInfo]: ...

    def mount_space(self) -> Generator[MountSpace]: ...


class SystemService:
    """aside: where mounts are asked, whose servers may be gone."""

    def __init__(self, state: State, proc: Proc, aside: Aside) -> None:
        self._state = state
        self._proc = proc
        self._aside = aside

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("Hostname", Empty, pb.HostnameResponse, self.hostname),
            **unary("LoadAvg", Empty, pb.LoadAvgResponse, self.load),
            **unary("Memory", Empty, pb.MemoryResponse, self.memory),
            **unary("SystemStat", Empty, pb.SystemStatResponse, self.stat),
            **unary("CPUInfo", Empty, pb.CPUInfoResponse, self.processors),
            **unary("CPUFreqStats", Empty, pb.CPUFreqStatsResponse, self.frequencies),
            **unary("DiskStats", Empty, pb.DiskStatsResponse, self.disks),
            **unary("NetworkDeviceStats", Empty, pb.NetworkDeviceStatsResponse, self.links),
            **unary("Processes", Empty, pb.ProcessesResponse, self.processes),
            **unary("Mounts", Empty, pb.MountsResponse, self.mounts),
        }

    async def hostname(self, request: Empty, context: Context) -> pb.HostnameResponse:
        found = find(self._state, HostnameStatus, HOSTNAME_ID)
        name = found.spec.hostname if found else ""
        return pb.HostnameResponse(messages=[pb.Hostname(hostname=name)])

    async def load(self, request: Empty, context: Context) -> pb.LoadAvgResponse:
        seen = self._proc.loadavg()
        return pb.LoadAvgResponse(
            messages=[pb.LoadAvg(load1=seen.one, load5=seen.five, load15=seen.fifteen)]
        )

    async def memory(self, request: Empty, context: Context) -> pb.MemoryResponse:
        info = pb.MemInfo()
        known = info.DESCRIPTOR.fields_by_name
        for name, value in self._proc.meminfo().items():
            field = meminfo_field(name)
            if field in known:
                setattr(info, field, value)
        return pb.MemoryResponse(messages=[pb.Memory(meminfo=info)])

    async def stat(self, request: Empty, context: Context) -> pb.SystemStatResponse:
        seen = self._proc.stat()
        message = pb.SystemStat(
            boot_time=seen.boot_time,
            cpu_total=times(seen.total),
            cpu=[times(one) for one in seen.cpus],
            irq_total=seen.interrupts,
            irq=seen.interrupt,
            context_switches=seen.context_switches,
            process_created=seen.forks,
            process_running=seen.running,
            process_blocked=seen.blocked,
            soft_irq_total=seen.softirqs,
            soft_irq=pb.SoftIRQStat(
                **dict(zip((*_SOFT, "hrtimer", "rcu"), seen.softirq, strict=False))
            ),
        )
        return pb.SystemStatResponse(messages=[message])

    async def processors(self, request: Empty, context: Context) -> pb.CPUInfoResponse:
        found = [processor(one) for one in self._proc.cpuinfo()]
        return pb.CPUInfoResponse(messages=[pb.CPUsInfo(cpu_info=found)])

    async def frequencies(self, request: Empty, context: Context) -> pb.CPUFreqStatsResponse:
        """Give them in kHz."""
        found = [
            pb.CPUFreqStats(
                current_frequency=one.current,
                minimum_frequency=one.minimum,
                maximum_frequency=one.maximum,
                governor=one.governor,
            )
            for one in self._proc.frequencies()
        ]
        return pb.CPUFreqStatsResponse(messages=[pb.CPUsFreqStats(cpu_freq_stats=found)])

    async def disks(self, request: Empty, context: Context) -> pb.DiskStatsResponse:
        found = [disk(one) for one in self._proc.diskstats()]
        total = pb.DiskStat(name="", **summed(found))
        return pb.DiskStatsResponse(messages=[pb.DiskStats(total=total, devices=found)])

    async def links(self, request: Empty, context: Context) -> pb.NetworkDeviceStatsResponse:
        found = [pb.NetDev(**one._asdict()) for one in self._proc.net_dev()]
        total = pb.NetDev(name="Total", **summed(found))
        message = pb.NetworkDeviceStats(total=total, devices=found)
        return pb.NetworkDeviceStatsResponse(messages=[message])

    async def processes(self, request: Empty, context: Context) -> pb.ProcessesResponse:
        found = [process(one) for one in self._proc.processes()]
        return pb.ProcessesResponse(messages=[pb.Process(processes=found)])

    async def mounts(self, request: Empty, context: Context) -> pb.MountsResponse:
        found = [
            pb.MountStat(
                filesystem=one.source,
                size=one.size_bytes,
                available=one.available_bytes,
                mounted_on=one.target,
            )
            for one in await self._aside.all(self._proc.mount_space)
        ]
        return pb.MountsResponse(messages=[pb.Mounts(stats=found)])


def meminfo_field(name: str) -> str:
    """Give the interface's field for a name of the kernel: `Active(anon)` -> `activeanon`."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def times(ticks: CpuTimes) -> pb.CPUStat:
    seconds = {name: value / _TICKS for name, value in ticks._asdict().items()}
    seconds["soft_irq"] = seconds.pop("softirq")
    return pb.CPUStat(**seconds)


def disk(seen: DiskStat) -> pb.DiskStat:
    return pb.DiskStat(
        name=seen.name,
        read_completed=seen.reads,
        read_merged=seen.reads_merged,
        read_sectors=seen.sectors_read,
        read_time_ms=seen.read_ms,
        write_completed=seen.writes,
        write_merged=seen.writes_merged,
        write_sectors=seen.sectors_written,
        write_time_ms=seen.write_ms,
        io_in_progress=seen.in_flight,
        io_time_ms=seen.io_ms,
        io_time_weighted_ms=seen.weighted_ms,
        discard_completed=seen.discards,
        discard_merged=seen.discards_merged,
        discard_sectors=seen.sectors_discarded,
        discard_time_ms=seen.discard_ms,
    )


def summed(found: Iterable[pb.DiskStat] | Iterable[pb.NetDev]) -> dict[str, int]:
    """Add up every counter, field by field."""
    total: dict[str, int] = {}
    for message in found:
        for field, value in message.ListFields():
            if field.name != "name":
                total[field.name] = total.get(field.name, 0) + int(value)
    return total


def process(seen: ProcessInfo) -> pb.ProcessInfo:
    return pb.ProcessInfo(
        pid=seen.pid,
        ppid=seen.parent,
        state=seen.state,
        threads=seen.threads,
        cpu_time=seen.cpu_seconds,
        virtual_memory=seen.virtual_bytes,
        resident_memory=seen.resident_bytes,
        command=seen.command,
        executable=seen.executable,
        args=seen.arguments,
    )


def processor(seen: Mapping[str, str]) -> pb.CPUInfo:
    """Give a processor; names are those of x86, others leave fields empty."""
    return pb.CPUInfo(
        processor=_count(seen, "processor"),
        vendor_id=seen.get("vendor_id", ""),
        cpu_family=seen.get("cpu family", ""),
        model=seen.get("model", ""),
        model_name=seen.get("model name", ""),
        stepping=seen.get("stepping", ""),
        microcode=seen.get("microcode", ""),
        cpu_mhz=_real(seen, "cpu MHz"),
        cache_size=seen.get("cache size", ""),
        physical_id=seen.get("physical id", ""),
        siblings=_count(seen, "siblings"),
        core_id=seen.get("core id", ""),
        cpu_cores=_count(seen, "cpu cores"),
        apic_id=seen.get("apicid", ""),
        initial_apic_id=seen.get("initial apicid", ""),
        fpu=seen.get("fpu", ""),
        fpu_exception=seen.get("fpu_exception", ""),
        cpu_id_level=_count(seen, "cpuid level"),
        wp=seen.get("wp", ""),
        flags=seen.get("flags", "").split(),
        bugs=seen.get("bugs", "").split(),
        bogo_mips=_real(seen, "bogomips"),
        cl_flush_size=_count(seen, "clflush size"),
        cache_alignment=_count(seen, "cache_alignment"),
        address_sizes=seen.get("address sizes", ""),
        power_management=seen.get("power management", ""),
    )


def _count(seen: Mapping[str, str], name: str) -> int:
    text = seen.get(name, "")
    return int(text) if text.isdecimal() else 0


def _real(seen: Mapping[str, str], name: str) -> float:
    text = seen.get(name, "")
    return float(text) if text.replace(".", "", 1).isdecimal() else 0.0
