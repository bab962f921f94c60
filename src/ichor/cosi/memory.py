"""Memory: the store. Named kinds may be backed by a Backing, which is written before memory is.

now: the clock stamps `created` and `updated`. history: events remembered per kind, for tail and
bookmarks. life: any number that differs from run to run, so that old bookmarks are refused.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from ichor.cosi.collection import Collection
from ichor.cosi.query import ANYTHING, Query
from ichor.cosi.resource import Key, Kind, Metadata, Phase
from ichor.cosi.state import (
    AlreadyExists,
    AnyResource,
    Cancel,
    Deliver,
    Event,
    OwnerConflict,
    PendingFinalizers,
    PhaseConflict,
    VersionConflict,
    Watch,
)
from ichor.errors import NotFound


class Backing(Protocol):
    """Where named kinds outlive the process. A call that returns has reached the disk."""

    def keeps(self, kind: Kind) -> bool: ...
    def load(self) -> Iterable[AnyResource]: ...
    def save(self, resource: AnyResource) -> None: ...
    def remove(self, key: Key) -> None: ...


class Memory:
    def __init__(self, now: Callable[[], datetime], *, history: int = 64, life: int = 0) -> None:
        self._now = now
        self._history = history
        self._life = life
        self._collections: dict[Kind, Collection] = {}
        self._taps: list[Deliver] = []
        self._backing: Backing | None = None

    def attach(self, backing: Backing) -> None:
        """Keep the backing's kinds there from now on.

        What it holds becomes part of the store; where both have a resource, the disk's stands,
        for it is what was promised to survive. What only memory has is saved.
        """
        stored = {resource.key: resource for resource in backing.load()}
        for kind in self.kinds():
            for item in self.list(kind) if backing.keeps(kind) else ():
                if item.key not in stored:
                    backing.save(item)
        for resource in stored.values():
            self._tell(resource.kind, self._of(resource.kind).put(resource))
        self._backing = backing

    def restore(self, resource: AnyResource) -> None:
        """Hold a resource exactly as it is given: for copies of a store."""
        self._put(resource)

    def find(self, key: Key) -> AnyResource | None:
        collection = self._collections.get(key.kind)
        return None if collection is None else collection.items.get(key.id)

    def get(self, key: Key) -> AnyResource:
        found = self.find(key)
        if found is None:
            raise NotFound(f"resource {key} does not exist")
        return found

    def list(self, kind: Kind, query: Query = ANYTHING) -> Sequence[AnyResource]:
        collection = self._collections.get(kind)
        return () if collection is None else collection.list(query)

    def kinds(self) -> Sequence[Kind]:
        return sorted(kind for kind, of in self._collections.items() if of.items)

    def create(self, resource: AnyResource, owner: str = "") -> AnyResource:
        if self.find(resource.key) is not None:
            raise AlreadyExists(f"resource {resource.key} already exists")
        now = self._now()
        born = replace(resource.metadata, version=1, owner=owner, created=now, updated=now)
        return self._put(replace(resource, metadata=born))

    def update(
        self, resource: AnyResource, owner: str = "", expected: Phase | None = Phase.RUNNING
    ) -> AnyResource:
        current = self.get(resource.key)
        new, old = resource.metadata, current.metadata
        _check_owner(old, owner)
        if new.version != old.version:
            raise VersionConflict(
                f"resource {resource.key}: update of version {new.version}, now {old.version}"
            )
        if expected is not None and old.phase is not expected:
            raise PhaseConflict(f"resource {resource.key} is {old.phase.value}")
        if old.phase is Phase.TEARING_DOWN and new.phase is Phase.RUNNING:
            raise PhaseConflict(f"resource {resource.key} is being torn down for good")
        kept = replace(new, owner=old.owner, created=old.created)
        return self._change(replace(resource, metadata=kept), old)

    def teardown(self, key: Key, owner: str = "") -> bool:
        current = self.get(key)
        old = current.metadata
        _check_owner(old, owner)
        if old.phase is Phase.RUNNING:
            ending = replace(old, phase=Phase.TEARING_DOWN)
            self._change(replace(current, metadata=ending), old)
        return not old.finalizers

    def destroy(self, key: Key, owner: str = "") -> None:
        old = self.get(key).metadata
        _check_owner(old, owner)
        if old.finalizers:
            raise PendingFinalizers(f"resource {key} waits for {', '.join(old.finalizers)}")
        if self._backing is not None and self._backing.keeps(key.kind):
            self._backing.remove(key)
        self._tell(key.kind, self._of(key.kind).drop(key.id))

    def add_finalizer(self, key: Key, *names: str) -> AnyResource:
        current = self.get(key)
        old = current.metadata
        if old.phase is not Phase.RUNNING:
            raise PhaseConflict(f"resource {key} is {old.phase.value}")
        return self._set_finalizers(current, {*old.finalizers, *names})

    def remove_finalizer(self, key: Key, *names: str) -> AnyResource:
        current = self.get(key)
        return self._set_finalizers(current, set(current.metadata.finalizers) - set(names))

    def watch(self, watch: Watch, deliver: Deliver) -> Cancel:
        return self._of(watch.kind).watch(watch, deliver)

    def tap(self, deliver: Deliver) -> Cancel:
        self._taps.append(deliver)
        return lambda: self._taps.remove(deliver)

    def _of(self, kind: Kind) -> Collection:
        collection = self._collections.get(kind)
        if collection is None:
            collection = self._collections[kind] = Collection(self._life, self._history)
        return collection

    def _set_finalizers(self, current: AnyResource, names: set[str]) -> AnyResource:
        old = current.metadata
        finalizers = tuple(sorted(names))
        if finalizers == old.finalizers:
            return current
        return self._change(replace(current, metadata=replace(old, finalizers=finalizers)), old)

    def _change(self, resource: AnyResource, old: Metadata) -> AnyResource:
        metadata = replace(resource.metadata, version=old.version + 1, updated=self._now())
        return self._put(replace(resource, metadata=metadata))

    def _put(self, resource: AnyResource) -> AnyResource:
        kind = resource.kind
        if self._backing is not None and self._backing.keeps(kind):
            self._backing.save(resource)
        self._tell(kind, self._of(kind).put(resource))
        return resource

    def _tell(self, kind: Kind, event: Event) -> None:
        for deliver in self._taps:
            deliver(event)
        self._collections[kind].tell(event)


def _check_owner(metadata: Metadata, owner: str) -> None:
    if metadata.owner != owner:
        raise OwnerConflict(
            f"resource {metadata.key} is owned by {metadata.owner!r}, not by {owner!r}"
        )
