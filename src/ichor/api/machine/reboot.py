"""Our own Reboot: asks etcd first, and moves pods elsewhere, before the machine goes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ichor.api.machine.power import flag
from ichor.api.operations import Operations
from ichor.errors import InputError
from ichor.ports.quorum import Quorum
from ichor.proto.ichor import power_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

DRAIN_TIMEOUT: Final = timedelta(minutes=5)
STOPPING: Final = timedelta(minutes=10)  # the longest that a machine takes to end


class RebootService:
    def __init__(self, operations: Operations, quorum: Quorum) -> None:
        self._operations = operations
        self._quorum = quorum

    def handlers(self) -> Mapping[str, Handler]:
        found = method(pb, "Power", "Reboot", pb.RebootRequest, pb.RebootResponse)
        return {found.path: unary_unary(found, self.reboot)}

    async def reboot(self, request: pb.RebootRequest, context: Context) -> pb.RebootResponse:
        timeout = patience(request)
        if request.only_ask:
            await self._quorum.check()
            return pb.RebootResponse()
        if request.keep_quorum:
            await self._quorum.claim(timeout + STOPPING)
        actor = self._operations.ask("reboot", parameters(request, timeout))
        return pb.RebootResponse(actor_id=actor)


def patience(request: pb.RebootRequest) -> timedelta:
    """Raises InputError for a time that is none."""
    if not request.HasField("drain_timeout"):
        return DRAIN_TIMEOUT
    given = request.drain_timeout.ToTimedelta()
    if given <= timedelta():
        raise InputError("expected a time longer than none", path="drain_timeout")
    return given


def parameters(request: pb.RebootRequest, timeout: timedelta) -> Mapping[str, str]:
    seconds = str(timeout.total_seconds())
    return {"force": flag(request.force), "drain": flag(request.drain), "drain-timeout": seconds}
