"""PacketCapture: packets of a link as a stream of a capture's bytes, until the caller leaves.

Who captures the link that he calls over captures his capture, too: a filter keeps it out.
"""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Final

from ichor.api.machine.table import streaming
from ichor.errors import InputError, TransientError
from ichor.formats.bpf import Instruction
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

if TYPE_CHECKING:
    from ichor.linux.capture import Capture

_PIECE: Final = 32 << 10


def handlers() -> Mapping[str, Handler]:
    return streaming("PacketCapture", pb.PacketCaptureRequest, common_pb2.Data, capture)


async def capture(
    request: pb.PacketCaptureRequest, context: Context
) -> AsyncIterator[common_pb2.Data]:
    from ichor.formats import pcap  # which most nodes do without
    from ichor.linux.capture import LONGEST, Capture, Wanted
    from ichor.linux.process import readable

    longest = min(request.snap_len or LONGEST, LONGEST)
    program = tuple(map(instruction, request.bpf_filter))
    taken = Capture(Wanted(request.interface, program, longest, request.promiscuous))
    try:
        yield common_pb2.Data(bytes=pcap.head(longest, taken.kind))
        while True:
            await readable(taken.fileno())
            try:
                piece = present(taken)
            except OSError as error:  # it went down, or away
                why = f"link {request.interface!r}: {error.strerror}"
                raise TransientError(why) from error
            if piece:
                yield common_pb2.Data(bytes=piece)
    finally:
        taken.close()


def present(taken: "Capture") -> bytes:
    """Give what there is now, a piece at most: others have their turn after it."""
    from ichor.formats import pcap

    records: list[bytes] = []
    size = 0
    while size < _PIECE and (packet := taken.next()) is not None:
        records.append(pcap.record(packet))
        size += len(records[-1])
    return b"".join(records)


def instruction(one: pb.BPFInstruction) -> Instruction:
    if one.op > 0xFFFF or max(one.jt, one.jf) > 0xFF:
        raise InputError(
            f"{one.op:#x}, {one.jt}, {one.jf} is no BPF instruction", path="bpf_filter"
        )
    return Instruction(one.op, one.k, one.jt, one.jf)
