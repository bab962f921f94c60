"""What controllers want from the Kubernetes API, in values.

An object is its JSON (`Object`); a `Kind` names a collection by what a manifest says
(`apiVersion`, `kind`), so arbitrary manifests can be applied; a `Ref` names one object.
"""

from collections.abc import AsyncIterator, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

from msgspec import Struct

from ichor.errors import InputError
from ichor.formats.jsonvalue import Object, text


class Kind(NamedTuple):
    """A collection, as manifests name it: `v1`/`Node`, `apps/v1`/`DaemonSet`."""

    api_version: str
    kind: str


class Ref(NamedTuple):
    """One object; namespace is empty for cluster-wide kinds."""

    kind: Kind
    name: str
    namespace: str = ""


class Key(NamedTuple):
    """An object within its collection."""

    namespace: str
    name: str


class Listing(Struct, frozen=True, kw_only=True):
    """A complete collection (or the asked part of it) as of one resource version."""

    items: Mapping[Key, Object]
    resource_version: str


class Select(Struct, frozen=True, kw_only=True):
    """Which part of a collection: all namespaces if empty; selectors as kubectl writes them."""

    namespace: str = ""
    labels: str = ""
    fields: str = ""


EVERYTHING = Select()


class Patch(Enum):
    """How a patch body is to be read; the value is its media type."""

    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    JSON = "application/json-patch+json"


class Kube(Protocol):
    """The API of one cluster.

    Every call raises TransientError when the server does not answer or is not ready to,
    NotFound, Conflict, and InputError when the request itself is refused.
    """

    async def get(self, ref: Ref) -> Object: ...

    async def list(self, kind: Kind, select: Select = EVERYTHING) -> Listing: ...

    async def create(self, item: Object, *, manager: str = "") -> Object: ...

    async def update(self, item: Object, *, subresource: str = "") -> Object: ...

    async def patch(
        self, ref: Ref, body: Object, style: Patch = Patch.MERGE, *, subresource: str = ""
    ) -> Object: ...

    async def apply(self, item: Object, *, manager: str, force: bool = True) -> Object:
        """Server-side apply: create or take over the fields the item names."""
        ...

    async def delete(self, ref: Ref) -> None: ...

    def watch(self, kind: Kind, select: Select = EVERYTHING) -> AsyncIterator[Listing]:
        """Yield the collection at once and after every change; ends only by an exception."""
        ...


def kind_of(item: Object) -> Kind:
    """Give the kind an object says it is of. Raises InputError."""
    api_version, kind = text(item, "apiVersion"), text(item, "kind")
    if not api_version or not kind:
        raise InputError("a Kubernetes object needs apiVersion and kind")
    return Kind(api_version, kind)


def key_of(item: Object) -> Key:
    return Key(text(item, "metadata", "namespace"), text(item, "metadata", "name"))


def ref_of(item: Object) -> Ref:
    """Give the reference of an object. Raises InputError."""
    key = key_of(item)
    if not key.name:
        raise InputError(f"{text(item, 'kind')}: metadata.name is missing")
    return Ref(kind_of(item), key.name, key.namespace)
