"""TimeService: this node's clock, beside that of a time server when one can be asked.

XXX: without an NTP client (protocols/ntp) the remote time is ours; TimeCheck of a named server is
refused rather than answered with it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from google.protobuf.empty_pb2 import Empty

from ichor.proto.time import time_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method


def handlers(now: Callable[[], datetime]) -> Mapping[str, Handler]:
    found = method(pb, "TimeService", "Time", Empty, pb.TimeResponse)

    async def serve(request: Empty, context: Context) -> pb.TimeResponse:
        message = pb.Time(server="local clock")
        message.localtime.FromDatetime(now())
        message.remotetime.CopyFrom(message.localtime)
        return pb.TimeResponse(messages=[message])

    return {found.path: unary_unary(found, serve)}
