"""Reboot, Shutdown, Reset; and what a node in a container cannot do.

The reply comes first, the end after it: whoever asked hears that it was taken. Rollback, upgrade
and META belong to disks that such a node does not have.
"""

from collections.abc import Mapping
from typing import Protocol

from ichor.api.events import EventLog
from ichor.api.machine.table import unary
from ichor.errors import InputError
from ichor.ports.power import Ending
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.status import Code, RpcError

STATE, EPHEMERAL = "STATE", "EPHEMERAL"
VOLUMES = frozenset({STATE, EPHEMERAL})
IN_CONTAINER = "method is not supported in container mode"
_DENIED = ("Rollback", "Upgrade", "MetaWrite", "MetaDelete")


class Power(Protocol):
    def end(self, ending: Ending, wipe: frozenset[str]) -> bool:
        """End the machine's run soon, wiping volumes last; False if it is ending already."""
        ...


class PowerService:
    def __init__(self, power: Power, events: EventLog) -> None:
        self._power = power
        self._events = events

    def handlers(self) -> Mapping[str, Handler]:
        denied = {f"/machine.MachineService/{name}": deny for name in _DENIED}
        return {
            **denied,
            **unary("Reboot", pb.RebootRequest, pb.RebootResponse, self.reboot),
            **unary("Shutdown", pb.ShutdownRequest, pb.ShutdownResponse, self.shutdown),
            **unary("Reset", pb.ResetRequest, pb.ResetResponse, self.reset),
        }

    async def reboot(self, request: pb.RebootRequest, context: Context) -> pb.RebootResponse:
        actor = self._end("reboot", Ending.RESTART)
        return pb.RebootResponse(messages=[pb.Reboot(actor_id=actor)])

    async def shutdown(self, request: pb.ShutdownRequest, context: Context) -> pb.ShutdownResponse:
        actor = self._end("shutdown", Ending.POWER_OFF)
        return pb.ShutdownResponse(messages=[pb.Shutdown(actor_id=actor)])

    async def reset(self, request: pb.ResetRequest, context: Context) -> pb.ResetResponse:
        wipe = wiped(request)
        ending = Ending.RESTART if request.reboot else Ending.POWER_OFF
        actor = self._end("reset", ending, wipe)
        return pb.ResetResponse(messages=[pb.Reset(actor_id=actor)])

    def _end(self, sequence: str, ending: Ending, wipe: frozenset[str] = frozenset()) -> str:
        """Tell of the sequence and begin it; one that has begun keeps others out."""
        actor = self._events.new_id()
        event = pb.SequenceEvent
        if not self._power.end(ending, wipe):
            locked = common_pb2.Error(code=common_pb2.LOCKED, message="another sequence runs")
            self._events.publish(event(sequence=sequence, action=event.NOOP, error=locked), actor)
            raise RpcError(Code.FAILED_PRECONDITION, "another sequence runs: locked")
        self._events.publish(event(sequence=sequence, action=event.START), actor)
        return actor


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


async def deny(context: Context) -> None:
    raise RpcError(Code.FAILED_PRECONDITION, IN_CONTAINER)
