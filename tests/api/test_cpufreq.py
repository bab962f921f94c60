import asyncio
from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from tests.api.serving import serving

from ichor.api.machine import cpufreq
from ichor.linux.cpufreq import Frequency
from ichor.proto.machine import machine_pb2 as pb


async def asked(tmp_path: Path) -> pb.CPUFreqStatsResponse:
    handlers = cpufreq.handlers(lambda: [Frequency(1000, 800, 4000, "powersave")])
    async with serving(tmp_path, handlers) as node:
        return await node.call("CPUFreqStats", Empty(), pb.CPUFreqStatsResponse)


def test_rates_arrive_in_the_kernels_unit(tmp_path: Path) -> None:
    (one,) = asyncio.run(asked(tmp_path)).messages[0].cpu_freq_stats
    assert one == pb.CPUFreqStats(
        current_frequency=1000, minimum_frequency=800, maximum_frequency=4000, governor="powersave"
    )
