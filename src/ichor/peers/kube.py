"""The Kubernetes API over HTTP/1.1: the adapter of `ports.kube.Kube`.

    kube = KubeClient(Access(origin=Origin(host="127.0.0.1", port=6443), ca=ca, identity=admin))
    node = await kube.get(Ref(Kind("v1", "Node"), "n1"))
    async for nodes in kube.watch(Kind("v1", "Node")): ...

No resource type is compiled in: paths come from the server's discovery (kube_paths), objects are
plain JSON. A client belongs to one identity; when a certificate is renewed, make another.
"""

import math
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

from msgspec import Struct

from ichor.errors import FormatError, TransientError
from ichor.formats.jsonvalue import Object, decode_object, encode, objs, text
from ichor.peers import kube_watch
from ichor.peers.http1 import Origin, Pool, Reply, Request, Streaming
from ichor.peers.kube_errors import error_of
from ichor.peers.kube_paths import Paths, collection_target, object_target, select_query
from ichor.peers.pem import Identity, client_context
from ichor.ports.kube import (
    EVERYTHING,
    Key,
    Kind,
    Listing,
    Patch,
    Ref,
    Select,
    key_of,
    kind_of,
    ref_of,
)

_PAGE = 500
_WATCH_S = 290  # ends before the five minutes after which load balancers drop idle connections
_APPLY = "application/apply-patch+yaml"  # JSON is YAML


class Access(Struct, frozen=True, kw_only=True):
    """How to reach a cluster. ca: PEM, empty for plain HTTP. Identity or token, or neither."""

    origin: Origin
    ca: bytes = b""
    identity: Identity | None = None
    token: str = ""

    def __repr__(self) -> str:
        return f"Access(origin={self.origin!r})"


class KubeClient:
    """One identity's view of one API server. Close it when done."""

    def __init__(self, access: Access, *, timeout_s: float = 30, watch_s: int = _WATCH_S) -> None:
        tls = client_context(access.ca, access.identity) if access.ca else None
        self._pool = Pool(access.origin, tls)
        self._token = access.token
        self._timeout_s = timeout_s
        self._watch_s = watch_s
        self._paths = Paths(self.get_path)

    async def close(self) -> None:
        await self._pool.close()

    async def get_path(self, target: str) -> Object:
        """Get a document by its path: `/version`, `/apis`."""
        return _document(await self._call("GET", target))

    async def ready(self) -> bool:
        """Say whether the server calls itself ready."""
        try:
            return (await self._call("GET", "/readyz")).status == 200
        except TransientError:
            return False

    async def get(self, ref: Ref) -> Object:
        return await self._object("GET", ref)

    async def list(self, kind: Kind, select: Select = EVERYTHING) -> Listing:
        where = await self._paths.collection(kind)
        query = select_query(select) | {"limit": str(_PAGE)}
        items: dict[Key, Object] = {}
        while True:
            target = collection_target(where, select.namespace, query)
            page = _document(await self._call("GET", target))
            # A list's items carry no kind of their own; ours always do.
            whose: Object = {"apiVersion": kind.api_version, "kind": kind.kind}
            items |= {key_of(item): {**whose, **item} for item in objs(page, "items")}
            more = text(page, "metadata", "continue")
            if not more:
                version = text(page, "metadata", "resourceVersion")
                return Listing(items=items, resource_version=version)
            query["continue"] = more

    async def create(self, item: Object, *, manager: str = "") -> Object:
        where = await self._paths.collection(kind_of(item))
        query = {"fieldManager": manager} if manager else {}
        namespace = (key_of(item).namespace or "default") if where.namespaced else ""
        target = collection_target(where, namespace, query)
        return _document(await self._call("POST", target, item))

    async def update(self, item: Object, *, subresource: str = "") -> Object:
        return await self._object("PUT", ref_of(item), item, subresource=subresource)

    async def patch(
        self, ref: Ref, body: Object, style: Patch = Patch.MERGE, *, subresource: str = ""
    ) -> Object:
        return await self._object("PATCH", ref, body, media=style.value, subresource=subresource)

    async def apply(self, item: Object, *, manager: str, force: bool = True) -> Object:
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        return await self._object("PATCH", ref_of(item), item, media=_APPLY, query=query)

    async def delete(self, ref: Ref) -> None:
        await self._object("DELETE", ref)

    async def evict(self, ref: Ref) -> None:
        """Have a pod go as disruption budgets allow. Raises TransientError if they do not yet."""
        body: Object = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": ref.name, "namespace": ref.namespace},
        }
        await self._object("POST", ref, body, subresource="eviction")

    async def watch(self, kind: Kind, select: Select = EVERYTHING) -> AsyncGenerator[Listing, None]:
        where = await self._paths.collection(kind)

        def open_watch(version: str) -> AbstractAsyncContextManager[Streaming]:
            query = select_query(select) | {
                "watch": "true",
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": str(math.ceil(self._watch_s)),
            }
            return self._stream(collection_target(where, select.namespace, query))

        watched = kube_watch.snapshots(
            lambda: self.list(kind, select), open_watch, doing=f"watch {kind.kind}"
        )
        async with aclosing(watched):
            async for listing in watched:
                yield listing

    async def _object(
        self,
        method: str,
        ref: Ref,
        body: Object | None = None,
        *,
        media: str = "application/json",
        subresource: str = "",
        query: dict[str, str] | None = None,
    ) -> Object:
        where = await self._paths.collection(ref.kind)
        target = object_target(where, ref, subresource, query or {})
        return _document(await self._call(method, target, body, media=media))

    async def _call(
        self,
        method: str,
        target: str,
        body: Object | None = None,
        *,
        media: str = "application/json",
    ) -> Reply:
        request = self._request(method, target, body, media)
        reply = await self._pool.fetch(request, timeout_s=self._timeout_s)
        if not 200 <= reply.status < 300:
            raise error_of(
                reply.status,
                reply.body,
                doing=f"{method} {target.partition('?')[0]}",
                retry_after=reply.header("retry-after"),
            )
        return reply

    @asynccontextmanager
    async def _stream(self, target: str) -> AsyncGenerator[Streaming, None]:
        request = self._request("GET", target, None, "")
        # A server that vanished sends no end: nothing comes for longer than a watch may live.
        async with self._pool.stream(
            request, timeout_s=self._timeout_s, idle_s=self._watch_s + self._timeout_s
        ) as stream:
            if stream.status != 200:
                body = await stream.read()
                raise error_of(stream.status, body, doing=f"GET {target.partition('?')[0]}")
            yield stream

    def _request(self, method: str, target: str, body: Object | None, media: str) -> Request:
        headers = [("Accept", "application/json")]
        if self._token:
            headers.append(("Authorization", f"Bearer {self._token}"))
        if body is not None:
            headers.append(("Content-Type", media))
        raw = b"" if body is None else encode(body)
        return Request(method=method, target=target, headers=tuple(headers), body=raw)


def _document(reply: Reply) -> Object:
    try:
        return decode_object(reply.body)
    except FormatError as err:
        raise TransientError("the API server sent what is no JSON object") from err
