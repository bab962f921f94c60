"""Applying manifests: what can be seen of the cluster, and what can be done to it."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeAlias

from msgspec import Struct

from ichor.errors import InputError
from ichor.formats.jsonvalue import Object, text


class ObjectId(NamedTuple):
    """An object whatever version of its API is spoken."""

    group: str
    kind: str
    namespace: str
    name: str


class Observed(Struct, frozen=True, kw_only=True):
    """present: which of the asked objects the cluster has; inventory: what was applied before."""

    present: frozenset[ObjectId]
    inventory: frozenset[ObjectId]


class Create(Struct, frozen=True):
    item: Object


class SaveInventory(Struct, frozen=True):
    ids: frozenset[ObjectId]


Action: TypeAlias = Create | SaveInventory


class Apply(Struct, frozen=True, kw_only=True):
    """Do these in their order, if the cluster is still as it was seen when they were decided."""

    basis: Observed
    steps: tuple[Action, ...]


class Manifests(Protocol):
    async def observe(self, wanted: Iterable[Object]) -> Observed: ...

    async def apply(self, action: Action) -> None: ...


def object_id(item: Object) -> ObjectId:
    """Give the id of an object. Raises InputError if it has no kind or name."""
    kind, name = text(item, "kind"), text(item, "metadata", "name")
    if not kind or not name:
        raise InputError("a manifest needs kind and metadata.name")
    group, slash, _ = text(item, "apiVersion").partition("/")
    return ObjectId(group if slash else "", kind, text(item, "metadata", "namespace"), name)
