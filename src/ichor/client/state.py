"""The state API from the client's side, in typed resources."""

from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

from ichor.cosi.resource import Resource, Spec
from ichor.proto.cosi import resource_pb2 as pb
from ichor.resources.wire.resource import decode
from ichor.rpc.client import Channel
from ichor.rpc.method import method
from ichor.rpc.status import Code, Pair, RpcError

S = TypeVar("S", bound=Spec)
_GET: Final = method(pb, "State", "Get", pb.GetRequest, pb.GetResponse)
_LIST: Final = method(pb, "State", "List", pb.ListRequest, pb.ListResponse)
_WATCH: Final = method(pb, "State", "Watch", pb.WatchRequest, pb.WatchResponse)
_PRESENT: Final = (pb.CREATED, pb.UPDATED)


class StateClient:
    """metadata goes with every call, as `node` does."""

    def __init__(self, channel: Channel, metadata: Iterable[Pair] = ()) -> None:
        self._channel = channel
        self._metadata = tuple(metadata)

    async def get(self, spec: type[S], id: str, namespace: str = "") -> Resource[S] | None:
        """Give a resource, None if there is no such one."""
        request = pb.GetRequest(
            namespace=namespace or spec.definition.namespace, type=spec.definition.type, id=id
        )
        try:
            reply = await self._channel.unary(_GET, request, metadata=self._metadata, timeout_s=30)
        except RpcError as err:
            if err.code is Code.NOT_FOUND:
                return None
            raise
        return decode(reply.resource, spec)

    async def list(self, spec: type[S], namespace: str = "") -> tuple[Resource[S], ...]:
        request = pb.ListRequest(
            namespace=namespace or spec.definition.namespace, type=spec.definition.type
        )
        async with self._channel.stream(_LIST, metadata=self._metadata) as stream:
            await stream.send(request)
            await stream.done()
            return tuple([decode(reply.resource, spec) async for reply in stream])

    async def watch(
        self, spec: type[S], id: str, namespace: str = ""
    ) -> AsyncIterator[Resource[S] | None]:
        """Give a resource as it is, and again after every change; None while there is none.

        Ends by RpcError when the connection does: watch again.
        """
        request = pb.WatchRequest(
            namespace=namespace or spec.definition.namespace, type=spec.definition.type, id=id
        )
        async with self._channel.stream(_WATCH, metadata=self._metadata) as stream:
            await stream.send(request)
            await stream.done()
            async for reply in stream:
                for event in reply.event:
                    if event.event_type == pb.ERRORED:
                        raise RpcError(Code.UNAVAILABLE, event.error)
                    if event.event_type in _PRESENT:
                        yield decode(event.resource, spec)
                    elif event.event_type == pb.DESTROYED:
                        yield None
