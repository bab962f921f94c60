"""Reboot, Shutdown, Reset.

The reply tells the actor id, and events of that id tell what becomes of it: also that another
operation keeps it out. What belongs to disks, a node in a container is denied.
"""

from collections.abc import Mapping
from typing import NoReturn

from ichor.api.machine.table import unary
from ichor.api.operations import Operations
from ichor.errors import InputError
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.status import Code, RpcError

STATE, EPHEMERAL = "STATE", "EPHEMERAL"
VOLUMES = frozenset({STATE, EPHEMERAL})
IN_CONTAINER = "method is not supported in container mode"


class PowerService:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("Reboot", pb.RebootRequest, pb.RebootResponse, self.reboot),
            **unary("Shutdown", pb.ShutdownRequest, pb.ShutdownResponse, self.shutdown),
            **unary("Reset", pb.ResetRequest, pb.ResetResponse, self.reset),
        }

    async def reboot(self, request: pb.RebootRequest, context: Context) -> pb.RebootResponse:
        forced = flag(request.mode == pb.RebootRequest.FORCE)
        actor = self._operations.ask("reboot", {"force": forced})
        return pb.RebootResponse(messages=[pb.Reboot(actor_id=actor)])

    async def shutdown(self, request: pb.ShutdownRequest, context: Context) -> pb.ShutdownResponse:
        parameters = {"force": flag(request.force)}
        actor = self._operations.ask("shutdown", parameters, takeover=True)
        return pb.ShutdownResponse(messages=[pb.Shutdown(actor_id=actor)])

    async def reset(self, request: pb.ResetRequest, context: Context) -> pb.ResetResponse:
        parameters = {
            "graceful": flag(request.graceful),
            "reboot": flag(request.reboot),
            "wipe": ",".join(sorted(wiped(request))),
        }
        actor = self._operations.ask("reset", parameters)
        return pb.ResetResponse(messages=[pb.Reset(actor_id=actor)])


def flag(is_set: bool) -> str:
    return "true" if is_set else "false"


def wiped(request: pb.ResetRequest) -> frozenset[str]:
    """Give the volumes to wipe; all if none is named. Raises InputError."""
    if request.mode == pb.ResetRequest.USER_DISKS and request.system_partitions_to_wipe:
        raise InputError("mode USER_DISKS does not go with system partitions")
    if request.mode == pb.ResetRequest.SYSTEM_DISK and request.user_disks_to_wipe:
        raise InputError("mode SYSTEM_DISK does not go with user disks")
    if request.user_disks_to_wipe:
        raise InputError(f"no disk {request.user_disks_to_wipe[0]!r}: a container has none")
    if request.mode == pb.ResetRequest.USER_DISKS:
        return frozenset()
    named = frozenset(one.label for one in request.system_partitions_to_wipe if one.wipe)
    unknown = sorted(named - VOLUMES)
    if unknown:
        raise InputError(f"no volume {unknown[0]!r}: expected STATE or EPHEMERAL")
    return named or VOLUMES


async def deny(context: Context) -> NoReturn:
    raise RpcError(Code.FAILED_PRECONDITION, IN_CONTAINER)
