import asyncio
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from tests.api.serving import memory, serving

from ichor.api.machine.aside import Aside
from ichor.api.machine.system import SystemService, meminfo_field
from ichor.cosi.resource import resource
from ichor.formats import procfs as formats
from ichor.linux import procfs as kernel
from ichor.linux.procfs import Frequency, MountSpace, ProcessInfo
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.network.hostname import HostnameStatus

STAT = """cpu  100 0 200 300 0 0 5 0 0 0
cpu0 100 0 200 300 0 0 5 0 0 0
intr 50 1 2
ctxt 7
btime 1700000000
processes 8
procs_running 2
procs_blocked 1
softirq 10 1 2 3 4 0 0 0 0 0 0
"""
LINK = "{}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"


class FakeProc:
    def loadavg(self) -> formats.LoadAverage:
        return formats.loadavg("0.5 0.25 0.1 1/100 4711")

    def meminfo(self) -> Mapping[str, int]:
        return {"MemTotal": 1000, "Active(anon)": 7, "HugePages_Rsvd": 3, "NewInKernel9": 1}

    def stat(self) -> formats.SystemStat:
        return formats.stat(STAT)

    def diskstats(self) -> tuple[formats.DiskStat, ...]:
        lines = [f"8 {minor} sd{minor} 1 2 3 4 5 6 7 8 9 10 11" for minor in (0, 1)]
        return formats.diskstats("\n".join(lines))

    def net_dev(self) -> tuple[formats.NetStat, ...]:
        return formats.net_dev("\n".join(["", "", LINK.format("lo"), LINK.format("eth0")]))

    def cpuinfo(self) -> tuple[Mapping[str, str], ...]:
        return ({"processor": "0", "model name": "Abacus", "cpu MHz": "2.5", "flags": "a b"},)

    def frequencies(self) -> Iterator[Frequency]:
        yield Frequency(1000, 800, 4000, "powersave")

    def processes(self) -> Iterator[ProcessInfo]:
        yield ProcessInfo(1, 0, "S", 2, 1.5, 4096, 1024, "init", "/sbin/init", "/sbin/init")

    def mount_space(self) -> Generator[MountSpace]:
        yield MountSpace("/dev/loop0", "/", 100, 25)


async def everything(tmp_path: Path) -> list[object]:
    state = memory()
    state.create(resource(HostnameStatus(hostname="n1"), "hostname"))
    handlers = SystemService(state, FakeProc(), Aside()).handlers()
    async with serving(tmp_path, handlers) as node:
        return [
            (await node.call("Hostname", Empty(), pb.HostnameResponse)).messages[0],
            (await node.call("LoadAvg", Empty(), pb.LoadAvgResponse)).messages[0],
            (await node.call("Memory", Empty(), pb.MemoryResponse)).messages[0].meminfo,
            (await node.call("SystemStat", Empty(), pb.SystemStatResponse)).messages[0],
            (await node.call("CPUInfo", Empty(), pb.CPUInfoResponse)).messages[0].cpu_info[0],
            (await node.call("CPUFreqStats", Empty(), pb.CPUFreqStatsResponse)).messages[0],
            (await node.call("DiskStats", Empty(), pb.DiskStatsResponse)).messages[0],
            (await node.call("NetworkDeviceStats", Empty(), pb.NetworkDeviceStatsResponse)),
            (await node.call("Processes", Empty(), pb.ProcessesResponse)).messages[0],
            (await node.call("Mounts", Empty(), pb.MountsResponse)).messages[0],
        ]


def test_what_the_kernel_counts_arrives_at_the_client(tmp_path: Path) -> None:
    name, load, meminfo, stat, cpu, clocks, disks, links, processes, mounts = asyncio.run(
        everything(tmp_path)
    )
    assert name == pb.Hostname(hostname="n1")
    assert load == pb.LoadAvg(load1=0.5, load5=0.25, load15=0.1)
    assert meminfo == pb.MemInfo(memtotal=1000, activeanon=7, hugepagesrsvd=3)
    assert isinstance(stat, pb.SystemStat)
    assert (stat.boot_time, stat.cpu_total.user, stat.cpu_total.soft_irq) == (1700000000, 1.0, 0.05)
    assert (list(stat.irq), stat.soft_irq.timer) == ([1, 2], 2)
    assert cpu == pb.CPUInfo(model_name="Abacus", cpu_mhz=2.5, flags=["a", "b"])
    assert isinstance(clocks, pb.CPUsFreqStats)
    assert list(clocks.cpu_freq_stats) == [
        pb.CPUFreqStats(
            current_frequency=1000,
            minimum_frequency=800,
            maximum_frequency=4000,
            governor="powersave",
        )
    ]
    assert isinstance(disks, pb.DiskStats)
    assert [one.name for one in disks.devices] == ["sd0", "sd1"]
    assert disks.total.write_completed == 10
    assert isinstance(links, pb.NetworkDeviceStatsResponse)
    assert links.messages[0].total.rx_bytes == 2
    assert links.messages[0].devices[1].tx_compressed == 16
    assert isinstance(processes, pb.Process)
    assert processes.processes[0].args == "/sbin/init"
    assert mounts == pb.Mounts(
        stats=[pb.MountStat(filesystem="/dev/loop0", size=100, available=25, mounted_on="/")]
    )


def test_every_name_of_this_kernel_that_the_interface_has_is_filled() -> None:
    fields = pb.MemInfo.DESCRIPTOR.fields_by_name
    named = {meminfo_field(name) for name in kernel.meminfo()}
    assert {"memtotal", "sreclaimable", "committedas", "directmap4k"} <= named & set(fields)
