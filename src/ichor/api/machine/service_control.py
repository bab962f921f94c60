"""ServiceStart, ServiceStop, ServiceRestart: for the few services that allow it.

Most services are what makes the machine a machine; stopping one from outside would only be undone.
"""

from collections.abc import Mapping

from ichor.api.machine.table import unary
from ichor.errors import NotFound
from ichor.ports.service import Service, Services, Start, Stop
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.status import Code, RpcError

_EXTENSION = "ext-"
# facts/services.tsv, column api_control
_ALLOWED = {"kubelet": frozenset({"start", "restart"})}
_OF_EXTENSION = frozenset({"start", "stop", "restart"})


class ServiceControl:
    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("ServiceStart", pb.ServiceStartRequest, pb.ServiceStartResponse, self.start),
            **unary("ServiceStop", pb.ServiceStopRequest, pb.ServiceStopResponse, self.stop),
            **unary(
                "ServiceRestart", pb.ServiceRestartRequest, pb.ServiceRestartResponse, self.restart
            ),
        }

    async def start(
        self, request: pb.ServiceStartRequest, context: Context
    ) -> pb.ServiceStartResponse:
        known = self._admit(request.id, "start")
        await self._services.apply(Start(spec=known.spec))
        done = pb.ServiceStart(resp=f"Service {request.id!r} started")
        return pb.ServiceStartResponse(messages=[done])

    async def stop(
        self, request: pb.ServiceStopRequest, context: Context
    ) -> pb.ServiceStopResponse:
        self._admit(request.id, "stop")
        await self._services.apply(Stop(id=request.id))
        done = pb.ServiceStop(resp=f"Service {request.id!r} stopped")
        return pb.ServiceStopResponse(messages=[done])

    async def restart(
        self, request: pb.ServiceRestartRequest, context: Context
    ) -> pb.ServiceRestartResponse:
        known = self._admit(request.id, "restart")
        await self._services.apply(Stop(id=request.id))
        await self._services.apply(Start(spec=known.spec))
        done = pb.ServiceRestart(resp=f"Service {request.id!r} restarted")
        return pb.ServiceRestartResponse(messages=[done])

    def _admit(self, id: str, verb: str) -> Service:
        """Give the service, if it is there and may be told so. Raises NotFound, RpcError."""
        known = self._services.observe().get(id)
        if known is None:
            raise NotFound(f"service {id!r} is not registered")
        allowed = _OF_EXTENSION if id.startswith(_EXTENSION) else _ALLOWED.get(id, frozenset())
        if verb not in allowed:
            raise RpcError(
                Code.FAILED_PRECONDITION, f"service {id!r} does not support {verb} by the API"
            )
        return known
