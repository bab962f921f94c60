"""Where a kind lives: the server's own discovery documents, cached.

    v1      -> /api/v1        apps/v1 -> /apis/apps/v1
    GET it  -> APIResourceList: name (plural), kind, namespaced; `a/b` names are sub-resources

A kind not in the cache is looked up once more before it is refused: a manifest may have just
brought its CustomResourceDefinition.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ichor.errors import NotFound, TransientError
from ichor.formats.jsonvalue import Object, at, objs, text
from ichor.ports.kube import Kind, Ref, Select


class Unserved(TransientError):  # noqa: N818 - an outcome
    """The server does not serve this kind; it may once its definition is there."""


class Collection(NamedTuple):
    root: str
    plural: str
    namespaced: bool


class Paths:
    """Knows the collections of one server."""

    def __init__(self, fetch: Callable[[str], Awaitable[Object]]) -> None:
        self._fetch = fetch
        self._known: dict[Kind, Collection] = {}

    async def collection(self, kind: Kind) -> Collection:
        """Give where a kind lives. Raises Unserved while the server does not know it."""
        if kind not in self._known:
            await self._learn(kind.api_version)
        if kind not in self._known:
            raise Unserved(f"the server does not serve {kind.kind} in {kind.api_version}")
        return self._known[kind]

    async def _learn(self, api_version: str) -> None:
        root = group_root(api_version)
        try:
            document = await self._fetch(root)
        except NotFound as err:
            raise Unserved(f"the server does not serve {api_version}") from err
        for item in objs(document, "resources"):
            name = text(item, "name")
            if "/" not in name:
                found = Collection(root, name, at(item, "namespaced") is True)
                self._known[Kind(api_version, text(item, "kind"))] = found


def group_root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def collection_target(where: Collection, namespace: str, query: dict[str, str]) -> str:
    middle = f"/namespaces/{quote(namespace, safe='')}" if where.namespaced and namespace else ""
    path = f"{where.root}{middle}/{where.plural}"
    return f"{path}?{urlencode(query)}" if query else path


def object_target(where: Collection, ref: Ref, subresource: str, query: dict[str, str]) -> str:
    """Give the path of one object; a namespaced kind without namespace goes to `default`."""
    namespace = (ref.namespace or "default") if where.namespaced else ""
    path = f"{collection_target(where, namespace, {})}/{quote(ref.name, safe='')}"
    if subresource:
        path += f"/{subresource}"
    return f"{path}?{urlencode(query)}" if query else path


def select_query(select: Select) -> dict[str, str]:
    query: dict[str, str] = {}
    if select.labels:
        query["labelSelector"] = select.labels
    if select.fields:
        query["fieldSelector"] = select.fields
    return query
