"""Outputs: make the store hold exactly what a controller yielded, under its name.

    yielded, absent       -> create           held, no longer yielded -> teardown, destroy if free
    yielded, different    -> update           held, being torn down   -> wait for its end
    yielded, equal        -> nothing

A scope is what owns an output inside a controller: the id of an Each item, or "" for the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ichor.cosi.controller import Out, Output, WakeAt, Yield
from ichor.cosi.resource import Key, Kind, Metadata, Resource
from ichor.cosi.state import AnyResource, OwnerConflict, State
from ichor.errors import Conflict

UNKNOWN_SCOPE = "\0"  # held since before this engine started; no item has this id


class Wanted(Struct, frozen=True):
    """What one call yielded: outputs by key, and the earliest wish to be woken."""

    outputs: Mapping[Key, Output]
    wake: datetime | None = None


NOTHING = Wanted({})


def collect(declared: Sequence[Out], yielded: Iterable[Yield], now: datetime) -> Wanted:
    """Run the iterable to its end and sort what it gives.

    A wake-up that is not later than the `now` of the call is over: this is it.
    Raises: TypeError on a stray output.
    """
    outputs: dict[Key, Output] = {}
    wake: datetime | None = None
    kinds = {out.kind: out for out in declared}
    first = {out.spec: out.kind for out in reversed(declared)}
    for one in yielded:
        if isinstance(one, WakeAt):
            if one.time > now:
                wake = one.time if wake is None else min(wake, one.time)
            continue
        output = one if isinstance(one, Output) else Output(*one)
        kind = _kind(output, first)
        key = Key(*kind, output.id)
        if kind not in kinds:
            raise TypeError(f"output {key} was not declared")
        if key in outputs:
            raise TypeError(f"output {key} was yielded twice")
        outputs[key] = output
    return Wanted(outputs, wake)


def _kind(output: Output, first: Mapping[type, Kind]) -> Kind:
    type_ = output.spec.definition.type
    if output.namespace:
        return Kind(output.namespace, type_)
    return first.get(type(output.spec), Kind(output.spec.definition.namespace, type_))


class Outputs:
    """What one controller holds in the store."""

    def __init__(self, state: State, owner: str, declared: Sequence[Out]) -> None:
        self._state = state
        self._owner = owner
        self.scopes: dict[Key, str] = {}
        self._held: dict[str, set[Key]] = {}
        self._waiting: dict[Key, str] = {}  # scopes that want a name another scope still holds
        for out in declared:
            for item in state.list(out.kind):
                if item.metadata.owner == owner:
                    self._hold(item.key, UNKNOWN_SCOPE)

    def held(self, scope: str) -> set[Key]:
        return self._held.get(scope, set())

    def active(self) -> Sequence[str]:
        """The scopes that hold something."""
        return [scope for scope in self._held if scope != UNKNOWN_SCOPE]

    def write(self, scope: str, wanted: Mapping[Key, Output]) -> None:
        """Make the scope hold what is wanted; all that can be written is, then the first refusal.

        Raises: Conflict when another controller, or another item of this one, holds a name.
        """
        refused: Conflict | None = None
        for key in self.held(scope) - wanted.keys():
            self._end(key)
        for key, output in wanted.items():
            try:
                self._want(scope, key, output)
            except Conflict as err:
                refused = refused or err
        if refused is not None:
            raise refused

    def sweep(self) -> None:
        """End what was held before this engine started and nobody has wanted since."""
        for key in tuple(self.held(UNKNOWN_SCOPE)):
            self._end(key)

    def release(self, key: Key) -> str | None:
        """Forget a destroyed output; give the scope that held it."""
        scope = self.scopes.pop(key, None)
        if scope is not None:
            held = self._held[scope]
            held.discard(key)
            if not held:
                del self._held[scope]
        return scope

    def freed(self, key: Key) -> Sequence[str]:
        """Forget a destroyed output; give the scopes that should run for it, the old and new."""
        scopes = (self.release(key), self._waiting.pop(key, None))
        return [scope for scope in scopes if scope is not None]

    def finish(self, key: Key) -> None:
        """Destroy an output that was torn down and is free now."""
        current = self._state.find(key)
        if current is not None and not current.is_running and not current.metadata.finalizers:
            self._state.destroy(key, self._owner)

    def _hold(self, key: Key, scope: str) -> None:
        self.release(key)
        self.scopes[key] = scope
        self._held.setdefault(scope, set()).add(key)

    def _want(self, scope: str, key: Key, output: Output) -> None:
        current = self._state.find(key)
        holder = self.scopes.get(key, scope)
        if current is None:
            created = self._state.create(_new(key, output), self._owner)
            self._hold(created.key, scope)
            return
        if current.metadata.owner != self._owner:
            raise OwnerConflict(f"resource {key} is owned by {current.metadata.owner!r}")
        if holder not in (scope, UNKNOWN_SCOPE):
            self._waiting[key] = scope
            if current.is_running:
                raise OwnerConflict(f"resource {key} is made of {holder!r} already")
            return  # on its way out: its end will wake us
        if holder != scope or key not in self.scopes:
            self._hold(key, scope)
        if current.is_running and not _equal(current, output):
            self._state.update(_changed(current, output), self._owner)

    def _end(self, key: Key) -> None:
        current = self._state.find(key)
        if current is None:
            self.release(key)
        elif self._state.teardown(key, self._owner):
            self.release(key)  # before its event, which would wake the scope again
            self._state.destroy(key, self._owner)


def _equal(current: AnyResource, output: Output) -> bool:
    return (
        current.spec == output.spec
        and current.labels == output.labels
        and current.annotations == output.annotations
    )


def _new(key: Key, output: Output) -> AnyResource:
    metadata = Metadata(
        namespace=key.namespace,
        type=key.type,
        id=key.id,
        labels=output.labels,
        annotations=output.annotations,
    )
    return Resource(metadata=metadata, spec=output.spec)


def _changed(current: AnyResource, output: Output) -> AnyResource:
    metadata = replace(current.metadata, labels=output.labels, annotations=output.annotations)
    return Resource(metadata=metadata, spec=output.spec)
