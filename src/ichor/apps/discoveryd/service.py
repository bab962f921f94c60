"""The discovery service on the wire.

A watcher holds a set of ids to be told about, not a queue of messages: a slow one is told the
latest state once, and costs no more memory than the cluster has members.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_address

from ichor.apps.discoveryd.registry import Registry, Update, check_id
from ichor.errors import InputError
from ichor.proto.discovery import server_pb2
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream, unary_unary
from ichor.rpc.method import Method
from ichor.rpc.peer import UnixPeer
from ichor.rpc.status import Code, RpcError

_EXPIRE_EVERY_S = 5.0
_CLUSTER = "/sidero.discovery.server.Cluster/"


class Watcher:
    """Ids that changed since it was last told."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.wake = asyncio.Event()

    def tell(self, affiliate_id: str) -> None:
        self.changed.add(affiliate_id)
        self.wake.set()

    async def next(self) -> set[str]:
        await self.wake.wait()
        self.wake.clear()
        changed, self.changed = self.changed, set()
        return changed


class Service:
    def __init__(self) -> None:
        self._registry = Registry()
        self._watchers: dict[str, set[Watcher]] = {}

    def handlers(self) -> Mapping[str, Handler]:
        pb = server_pb2
        hello = Method(f"{_CLUSTER}Hello", pb.HelloRequest, pb.HelloResponse)
        update = Method(
            f"{_CLUSTER}AffiliateUpdate", pb.AffiliateUpdateRequest, pb.AffiliateUpdateResponse
        )
        delete = Method(
            f"{_CLUSTER}AffiliateDelete", pb.AffiliateDeleteRequest, pb.AffiliateDeleteResponse
        )
        all_of_them = Method(f"{_CLUSTER}List", pb.ListRequest, pb.ListResponse)
        watch = Method(f"{_CLUSTER}Watch", pb.WatchRequest, pb.WatchResponse, server_streaming=True)
        return {
            hello.path: unary_unary(hello, self._hello),
            update.path: unary_unary(update, self._update),
            delete.path: unary_unary(delete, self._delete),
            all_of_them.path: unary_unary(all_of_them, self._list),
            watch.path: unary_stream(watch, self._watch),
        }

    async def expire(self) -> None:
        """Forget what is over, for ever."""
        while True:
            await asyncio.sleep(_EXPIRE_EVERY_S)
            for cluster_id, affiliate_id in self._registry.expire(_now()):
                self._tell(cluster_id, affiliate_id)

    async def _hello(
        self, request: server_pb2.HelloRequest, context: Context
    ) -> server_pb2.HelloResponse:
        _checked(request.cluster_id)
        peer = context.peer
        ip = b"" if isinstance(peer, UnixPeer) else ip_address(peer.host).packed
        return server_pb2.HelloResponse(client_ip=ip)

    async def _update(
        self, request: server_pb2.AffiliateUpdateRequest, _: Context
    ) -> server_pb2.AffiliateUpdateResponse:
        update = Update(
            affiliate_id=request.affiliate_id,
            data=request.affiliate_data if request.HasField("affiliate_data") else None,
            endpoints=tuple(request.affiliate_endpoints),
            ttl_s=request.ttl.ToTimedelta().total_seconds(),
        )
        try:
            changed = self._registry.update(request.cluster_id, update, _now())
        except InputError as err:
            raise RpcError(Code.INVALID_ARGUMENT, err.message) from err
        if changed:
            self._tell(request.cluster_id, request.affiliate_id)
        return server_pb2.AffiliateUpdateResponse()

    async def _delete(
        self, request: server_pb2.AffiliateDeleteRequest, _: Context
    ) -> server_pb2.AffiliateDeleteResponse:
        if self._registry.delete(request.cluster_id, request.affiliate_id):
            self._tell(request.cluster_id, request.affiliate_id)
        return server_pb2.AffiliateDeleteResponse()

    async def _list(self, request: server_pb2.ListRequest, _: Context) -> server_pb2.ListResponse:
        _checked(request.cluster_id)
        return server_pb2.ListResponse(affiliates=self._all(request.cluster_id))

    async def _watch(
        self, request: server_pb2.WatchRequest, _: Context
    ) -> AsyncIterator[server_pb2.WatchResponse]:
        _checked(request.cluster_id)
        watcher = Watcher()
        watchers = self._watchers.setdefault(request.cluster_id, set())
        watchers.add(watcher)
        try:
            yield server_pb2.WatchResponse(affiliates=self._all(request.cluster_id))
            while True:
                for message in self._messages(request.cluster_id, await watcher.next()):
                    yield message
        finally:
            watchers.discard(watcher)
            if not watchers and self._watchers.get(request.cluster_id) is watchers:
                del self._watchers[request.cluster_id]

    def _messages(self, cluster_id: str, ids: set[str]) -> list[server_pb2.WatchResponse]:
        there = [found for one in sorted(ids) if (found := self._affiliate(cluster_id, one))]
        known = {one.id for one in there}
        gone = [server_pb2.Affiliate(id=one) for one in sorted(ids - known)]
        messages = []
        if there:
            messages.append(server_pb2.WatchResponse(affiliates=there))
        if gone:
            messages.append(server_pb2.WatchResponse(affiliates=gone, deleted=True))
        return messages

    def _all(self, cluster_id: str) -> list[server_pb2.Affiliate]:
        ids = self._registry.ids(cluster_id)
        return [found for one in ids if (found := self._affiliate(cluster_id, one))]

    def _affiliate(self, cluster_id: str, affiliate_id: str) -> server_pb2.Affiliate | None:
        record = self._registry.get(cluster_id, affiliate_id)
        if record is None:
            return None
        return server_pb2.Affiliate(
            id=affiliate_id, data=record.data, endpoints=sorted(record.endpoints)
        )

    def _tell(self, cluster_id: str, affiliate_id: str) -> None:
        for watcher in self._watchers.get(cluster_id, ()):
            watcher.tell(affiliate_id)


def _checked(cluster_id: str) -> None:
    try:
        check_id(cluster_id)
    except InputError as err:
        raise RpcError(Code.INVALID_ARGUMENT, err.message) from err


def _now() -> float:
    return asyncio.get_running_loop().time()
