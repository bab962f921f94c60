"""Clock rates of processors: those whose driver tells them."""

from collections.abc import Callable, Iterable, Mapping

from google.protobuf.empty_pb2 import Empty

from ichor.api.machine.table import unary
from ichor.linux.cpufreq import Frequency
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler


def handlers(read: Callable[[], Iterable[Frequency]]) -> Mapping[str, Handler]:
    async def serve(request: Empty, context: Context) -> pb.CPUFreqStatsResponse:
        found = [
            pb.CPUFreqStats(
                current_frequency=one.current,
                minimum_frequency=one.minimum,
                maximum_frequency=one.maximum,
                governor=one.governor,
            )
            for one in read()
        ]
        return pb.CPUFreqStatsResponse(messages=[pb.CPUsFreqStats(cpu_freq_stats=found)])

    return unary("CPUFreqStats", Empty, pb.CPUFreqStatsResponse, serve)
