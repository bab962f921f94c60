"""grpc.health.v1: Check and Watch over a table that the owner sets.

    health = Health()
    server = Server({**handlers, **health.handlers()})
    health.set("machine.MachineService", serving=True)

The name "" stands for the whole server. A watcher gets the present state, then each change.
"""

from collections.abc import AsyncIterator

from ichor.proto.grpc.health_pb2 import HealthCheckRequest, HealthCheckResponse
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream, unary_unary
from ichor.rpc.method import Method
from ichor.rpc.status import Code
from ichor.rpc.stream import Gate

CHECK = Method("/grpc.health.v1.Health/Check", HealthCheckRequest, HealthCheckResponse)
WATCH = Method(
    "/grpc.health.v1.Health/Watch", HealthCheckRequest, HealthCheckResponse, server_streaming=True
)


class Health:
    def __init__(self) -> None:
        self._serving: dict[str, bool] = {"": True}
        self._changed = Gate()

    def set(self, service: str, *, serving: bool) -> None:
        if self._serving.get(service) is not serving:
            self._serving[service] = serving
            self._changed.open()

    def handlers(self) -> dict[str, Handler]:
        return {
            CHECK.path: unary_unary(CHECK, self._check),
            WATCH.path: unary_stream(WATCH, self._watch),
        }

    def _status(self, service: str) -> HealthCheckResponse.ServingStatus:
        serving = self._serving.get(service)
        if serving is None:
            return HealthCheckResponse.SERVICE_UNKNOWN
        return HealthCheckResponse.SERVING if serving else HealthCheckResponse.NOT_SERVING

    async def _check(self, request: HealthCheckRequest, context: Context) -> HealthCheckResponse:
        status = self._status(request.service)
        if status == HealthCheckResponse.SERVICE_UNKNOWN:
            context.abort(Code.NOT_FOUND, f"unknown service {request.service!r}")
        return HealthCheckResponse(status=status)

    async def _watch(
        self, request: HealthCheckRequest, _: Context
    ) -> AsyncIterator[HealthCheckResponse]:
        told: HealthCheckResponse.ServingStatus | None = None
        while True:
            status = self._status(request.service)
            if status != told:
                told = status
                yield HealthCheckResponse(status=status)
            else:
                await self._changed.wait()
