"""The store's contract: what every State does, and the words for it.

    created ──update*──► running ──teardown──► tearing down ──last finalizer gone──► destroyed

version    counts writes from 1; an update must carry the version it was made from.
owner      set at creation; only the owner updates, tears down and destroys. "" is the user.
finalizers anybody may add one to a running resource and remove one at any time; a resource with
           finalizers is not destroyed. Both bypass owner and version, and both count a version.

Calls are synchronous and single-threaded: a write is over, and its events are delivered, when the
call returns. A callback must not write to the store.
"""

import enum
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

from msgspec import Struct

from ichor.cosi.query import ANYTHING, Query
from ichor.cosi.resource import Key, Kind, Phase, Resource, Spec, key_of, kind_of
from ichor.errors import Conflict

S = TypeVar("S", bound=Spec)
AnyResource = Resource[Spec]


class AlreadyExists(Conflict):
    """There is a resource of that name."""


class VersionConflict(Conflict):
    """The resource was changed since it was read."""


class OwnerConflict(Conflict):
    """The resource belongs to somebody else."""


class PhaseConflict(Conflict):
    """The resource is not in the phase the caller expects."""


class PendingFinalizers(Conflict):
    """Somebody still has to agree before the resource goes."""


class EventType(enum.Enum):
    CREATED = "created"
    UPDATED = "updated"
    DESTROYED = "destroyed"
    BOOTSTRAPPED = "bootstrapped"
    ERRORED = "errored"
    NOOP = "noop"


class Event(Struct, frozen=True, kw_only=True):
    """One thing a watcher is told.

    resource: as it is now, or as it was last when destroyed. old: before an update.
    bookmark: where to resume; opaque, valid for this store's life and the kind watched.
    """

    type: EventType
    resource: AnyResource | None = None
    old: AnyResource | None = None
    error: str = ""
    bookmark: bytes = b""


class Watch(Struct, frozen=True, kw_only=True):
    """What to be told about.

    id: one resource, whose present state (CREATED, or DESTROYED if there is none) comes first.
    bootstrap: begin with one CREATED per present resource, then BOOTSTRAPPED; kinds only.
    bootstrap_bookmark: begin with a NOOP that carries the present bookmark.
    tail: begin with that many past events. resume: begin after that bookmark.
    A resource that comes to match the query is told as CREATED, one that ceases to as DESTROYED.
    """

    kind: Kind
    id: str | None = None
    query: Query = ANYTHING
    bootstrap: bool = False
    bootstrap_bookmark: bool = False
    tail: int = 0
    resume: bytes = b""


Deliver = Callable[[Event], None]
Cancel = Callable[[], None]


class State(Protocol):
    def find(self, key: Key) -> AnyResource | None: ...

    def get(self, key: Key) -> AnyResource:
        """Raises: NotFound."""
        ...

    def list(self, kind: Kind, query: Query = ANYTHING) -> Sequence[AnyResource]:
        """Ids ascending."""
        ...

    def create(self, resource: AnyResource, owner: str = "") -> AnyResource:
        """Raises: AlreadyExists."""
        ...

    def update(
        self, resource: AnyResource, owner: str = "", expected: Phase | None = Phase.RUNNING
    ) -> AnyResource:
        """Raises: NotFound, VersionConflict, OwnerConflict, PhaseConflict."""
        ...

    def teardown(self, key: Key, owner: str = "") -> bool:
        """Ask for the end; True when destroy may follow. Raises: NotFound, OwnerConflict."""
        ...

    def destroy(self, key: Key, owner: str = "") -> None:
        """Raises: NotFound, OwnerConflict, PendingFinalizers."""
        ...

    def add_finalizer(self, key: Key, *names: str) -> AnyResource:
        """Raises: NotFound, PhaseConflict when it is being torn down."""
        ...

    def remove_finalizer(self, key: Key, *names: str) -> AnyResource:
        """Raises: NotFound."""
        ...

    def watch(self, watch: Watch, deliver: Deliver) -> Cancel:
        """Deliver what the watch begins with, then every matching change until cancelled.

        Raises: InputError for a bookmark or expression that cannot be used.
        """
        ...

    def tap(self, deliver: Deliver) -> Cancel:
        """Deliver every change of every kind: for the engine."""
        ...

    def kinds(self) -> Sequence[Kind]:
        """The kinds that have resources, ascending."""
        ...


def find(state: State, spec: type[S], id: str, namespace: str = "") -> Resource[S] | None:
    """Read one resource of a known spec."""
    return cast("Resource[S] | None", state.find(key_of(spec, id, namespace)))


def find_all(
    state: State, spec: type[S], namespace: str = "", query: Query = ANYTHING
) -> Sequence[Resource[S]]:
    """Read all resources of a known spec, ids ascending."""
    return cast("Sequence[Resource[S]]", state.list(kind_of(spec, namespace), query))
