"""A discovery service over gRPC: the adapter of `ports.discovery.Discovery`.

    hello -> watch (snapshot, then deltas, folded here into snapshots) ; publish every ttl/2

What cannot be opened with our secret belongs to somebody who has another: it is logged and passed
over. A lost watch raises; whoever watches again says hello and publishes again, because the
service may have forgotten us.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from ipaddress import ip_address

from google.protobuf.duration_pb2 import Duration
from msgspec import Struct

from ichor.errors import FormatError, TransientError
from ichor.log import fields, logger
from ichor.peers.calling import Caller, translated
from ichor.peers.discovery_seal import (
    open_affiliate,
    open_endpoint,
    seal_affiliate,
    seal_endpoint,
)
from ichor.ports.discovery import Affiliate, Endpoint, Found
from ichor.proto.discovery import server_pb2
from ichor.rpc.client import Channel
from ichor.rpc.method import Method

TTL = timedelta(minutes=30)
_HELLO_S = 10.0

_CLUSTER = "/sidero.discovery.server.Cluster/"
_HELLO = Method(f"{_CLUSTER}Hello", server_pb2.HelloRequest, server_pb2.HelloResponse)
_UPDATE = Method(
    f"{_CLUSTER}AffiliateUpdate",
    server_pb2.AffiliateUpdateRequest,
    server_pb2.AffiliateUpdateResponse,
)
_DELETE = Method(
    f"{_CLUSTER}AffiliateDelete",
    server_pb2.AffiliateDeleteRequest,
    server_pb2.AffiliateDeleteResponse,
)
_WATCH = Method(
    f"{_CLUSTER}Watch", server_pb2.WatchRequest, server_pb2.WatchResponse, server_streaming=True
)
_log = logger(__name__)


class Cluster(Struct, frozen=True, kw_only=True):
    """Whom we belong to and who we are. secret: 32 bytes."""

    id: str
    secret: bytes
    node_id: str
    version: str = "ichor"

    def __repr__(self) -> str:
        return f"Cluster(node_id={self.node_id!r})"


class Redirected(TransientError):  # noqa: N818 - an outcome
    """The service wants us elsewhere."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"discovery redirects to {endpoint}")
        self.endpoint = endpoint


class DiscoveryClient:
    def __init__(self, channel: Channel, cluster: Cluster) -> None:
        self._caller = Caller(channel, timeout_s=30)
        self._cluster = cluster

    async def hello(self) -> str:
        request = server_pb2.HelloRequest(
            cluster_id=self._cluster.id, client_version=self._cluster.version
        )
        reply = await self._caller.call(_HELLO, request, timeout_s=_HELLO_S)
        if reply.HasField("redirect"):
            raise Redirected(reply.redirect.endpoint)
        return str(ip_address(reply.client_ip)) if reply.client_ip else ""

    async def publish(self, affiliate: Affiliate, endpoints: tuple[Endpoint, ...]) -> None:
        request = self._update(self._cluster.node_id, endpoints)
        request.affiliate_data = seal_affiliate(self._cluster.secret, affiliate)
        await self._caller.call(_UPDATE, request)

    async def publish_endpoints(self, node_id: str, endpoints: tuple[Endpoint, ...]) -> None:
        # affiliate_data stays unset: empty would wipe what the node says of itself.
        await self._caller.call(_UPDATE, self._update(node_id, endpoints))

    async def withdraw(self) -> None:
        request = server_pb2.AffiliateDeleteRequest(
            cluster_id=self._cluster.id, affiliate_id=self._cluster.node_id
        )
        await self._caller.call(_DELETE, request)

    async def watch(self) -> AsyncGenerator[Mapping[str, Found], None]:
        known: Mapping[str, Found] = {}
        first = True
        with translated(_WATCH.path):
            async with self._caller.stream(_WATCH) as stream:
                await stream.send(server_pb2.WatchRequest(cluster_id=self._cluster.id))
                await stream.done()
                async for message in stream:
                    before, known = known, self._fold({} if first else known, message)
                    if first or known != before:
                        yield known
                    first = False
        raise TransientError("the discovery service ended the watch")

    def _fold(
        self, known: Mapping[str, Found], message: server_pb2.WatchResponse
    ) -> Mapping[str, Found]:
        folded = dict(known)
        for one in message.affiliates:
            folded.pop(one.id, None)
            if not message.deleted and one.id != self._cluster.node_id and one.data:
                found = self._open(one)
                if found is not None:
                    folded[one.id] = found
        return folded

    def _open(self, one: server_pb2.Affiliate) -> Found | None:
        secret = self._cluster.secret
        try:
            affiliate = open_affiliate(secret, one.data)
            endpoints = tuple(open_endpoint(secret, sealed) for sealed in one.endpoints)
        except FormatError as err:
            _log.warning("affiliate passed over", extra=fields(affiliate=one.id, error=err))
            return None
        return Found(affiliate=affiliate, endpoints=endpoints)

    def _update(
        self, node_id: str, endpoints: tuple[Endpoint, ...]
    ) -> server_pb2.AffiliateUpdateRequest:
        secret = self._cluster.secret
        return server_pb2.AffiliateUpdateRequest(
            cluster_id=self._cluster.id,
            affiliate_id=node_id,
            affiliate_endpoints=[seal_endpoint(secret, one) for one in endpoints],
            ttl=Duration(seconds=int(TTL.total_seconds())),
        )
