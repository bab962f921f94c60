"""Our own Reboot: asks etcd first, and moves pods elsewhere, before the machine goes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ichor.api.machine.departure import Departure
from ichor.api.machine.power import flag
from ichor.errors import InputError
from ichor.proto.ichor import power_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

DRAIN_TIMEOUT: Final = timedelta(minutes=5)
MOST: Final = timedelta(days=1)
STOPPING: Final = timedelta(minutes=10)  # the longest that a machine takes to end


class RebootService:
    def __init__(self, departure: Departure) -> None:
        self._departure = departure

    def handlers(self) -> Mapping[str, Handler]:
        found = method(pb, "Power", "Reboot", pb.RebootRequest, pb.RebootResponse)
        return {found.path: unary_unary(found, self.reboot)}

    async def reboot(self, request: pb.RebootRequest, context: Context) -> pb.RebootResponse:
        timeout = patience(request)
        if request.only_ask:
            await self._departure.check()
            return pb.RebootResponse()
        longest = timeout + STOPPING if request.keep_quorum else None
        async with self._departure.begun(longest) as departing:
            actor = departing.reboot(parameters(request, timeout))
        return pb.RebootResponse(actor_id=actor)


def patience(request: pb.RebootRequest) -> timedelta:
    """Raises InputError for a time that is none."""
    if not request.HasField("drain_timeout"):
        return DRAIN_TIMEOUT
    # Longer ones have no end that a clock could tell.
    is_sane = abs(request.drain_timeout.seconds) <= MOST.total_seconds()
    given = request.drain_timeout.ToTimedelta() if is_sane else timedelta()
    if not timedelta() < given <= MOST:
        raise InputError("expected a time longer than none, a day at most", path="drain_timeout")
    return given


def parameters(request: pb.RebootRequest, timeout: timedelta) -> Mapping[str, str]:
    seconds = str(timeout.total_seconds())
    return {"force": flag(request.force), "drain": flag(request.drain), "drain-timeout": seconds}
