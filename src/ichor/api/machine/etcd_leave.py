"""EtcdLeaveCluster: this node's member leaves, and is none until the next boot.

Here it is asked for; the controller of etcd's membership does it, and says when it is done. What
was asked for stays asked for, also if the caller hangs up, except of the last voter, who cannot.
"""

from collections.abc import Mapping
from contextlib import aclosing

from ichor.api.machine.table import unary
from ichor.cosi.resource import key_of, kind_of, resource
from ichor.cosi.state import AlreadyExists, State, Watch, find
from ichor.cosi.watching import batches
from ichor.errors import Conflict
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.ending import EtcdLeave, EtcdLeaveStatus
from ichor.rpc.context import Context, Handler
from ichor.rpc.status import Code, RpcError

ID = OWNER = "api.EtcdLeaveCluster"


class EtcdLeaveService:
    def __init__(self, state: State) -> None:
        self._state = state

    def handlers(self) -> Mapping[str, Handler]:
        request, response = pb.EtcdLeaveClusterRequest, pb.EtcdLeaveClusterResponse
        return unary("EtcdLeaveCluster", request, response, self.leave)

    async def leave(
        self, request: pb.EtcdLeaveClusterRequest, context: Context
    ) -> pb.EtcdLeaveClusterResponse:
        try:
            self._state.create(resource(EtcdLeave(), ID), OWNER)
        except AlreadyExists:
            raise AlreadyExists("this node leaves etcd already") from None
        status = await self._status()
        if not status.left:
            self._state.destroy(key_of(EtcdLeave, ID), OWNER)
            raise Conflict(f"this node cannot leave etcd: it {status.why}")
        return pb.EtcdLeaveClusterResponse(messages=[pb.EtcdLeaveCluster()])

    async def _status(self) -> EtcdLeaveStatus:
        """Wait until it is said what became of the request."""
        async with aclosing(batches(self._state, Watch(kind=kind_of(EtcdLeaveStatus)))) as told:
            while (found := find(self._state, EtcdLeaveStatus, ID)) is None:
                try:
                    await anext(told)
                except StopAsyncIteration:
                    raise RpcError(Code.UNAVAILABLE, "the watch fell behind: ask again") from None
        return found.spec
