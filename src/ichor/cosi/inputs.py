"""Inputs: the fields of an Inputs struct as bindings, and reading them from a state.

The annotations of the struct are the declaration: nothing else can be read. Reading gives plain
values, so a test builds the struct by hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, get_args, get_origin, get_type_hints

from msgspec import Struct

from ichor.cosi.controller import All, Clock, Each, Get, Marker
from ichor.cosi.pattern import pattern
from ichor.cosi.query import ANYTHING, Query, where
from ichor.cosi.resource import Key, Kind, Resource, Spec, kind_of
from ichor.cosi.state import AnyResource, Event, State


class Missing(Exception):  # noqa: N818 - an outcome: a required input is not there yet
    """A required input does not exist."""


class Binding(Struct, frozen=True, kw_only=True):
    """One declared input.

    whole: hand over Resource[X], not its spec. by_id: as a mapping. required: no call without it.
    """

    field: str
    marker: All | Each | Get
    kind: Kind
    query: Query = ANYTHING
    whole: bool = False
    by_id: bool = False
    required: bool = False

    @property
    def strong(self) -> bool:
        return self.marker.strong

    @property
    def id(self) -> str:
        """The one id this reads; empty for a whole kind."""
        return self.marker.id if isinstance(self.marker, Get) else ""

    def concerns(self, event: Event) -> bool:
        """Whether what this reads may differ after the event."""
        new, old = event.resource, event.old
        if new is None or (self.id and new.id != self.id):
            return False
        if self.query.is_open or self.query.matches(new):
            return True
        return old is not None and self.query.matches(old)

    def visible(self, state: State) -> Sequence[AnyResource]:
        """What this reads now: matching and not being torn down."""
        return [item for item in self.present(state) if item.is_running]

    def present(self, state: State) -> Sequence[AnyResource]:
        if not isinstance(self.marker, Get):
            return state.list(self.kind, self.query)
        found = state.find(Key(*self.kind, self.marker.id))
        return () if found is None else (found,)

    def item(self, state: State, id: str) -> AnyResource | None:
        """Read one of the items of an Each; None when it is gone for its readers."""
        found = state.find(Key(*self.kind, id))
        if found is None or not found.is_running or not self.query.matches(found):
            return None
        return found

    def value(self, resource: AnyResource) -> object:
        return resource if self.whole else resource.spec

    def read(self, state: State) -> object:
        """Give the value of the field. Raises Missing."""
        items = self.visible(state)
        if self.by_id:
            return {item.id: self.value(item) for item in items}
        if isinstance(self.marker, All):
            return tuple(self.value(item) for item in items)
        if items:
            return self.value(items[0])
        if self.required:
            raise Missing(self.field)
        return None


class Inputs(Struct, frozen=True, kw_only=True):
    """A compiled Inputs struct."""

    struct: type[Struct]
    bindings: tuple[Binding, ...] = ()
    each: Binding | None = None
    clock: str = ""

    @property
    def all(self) -> tuple[Binding, ...]:
        return self.bindings if self.each is None else (*self.bindings, self.each)

    def shared(self, state: State, now: datetime) -> dict[str, object]:
        """Read all fields but the Each. Raises Missing."""
        values = {binding.field: binding.read(state) for binding in self.bindings}
        if self.clock:
            values[self.clock] = now
        return values

    def build(self, values: Mapping[str, object]) -> Struct:
        return self.struct(**values)


def compile_inputs(struct: type[Struct]) -> Inputs:
    """Read the declaration. Raises TypeError for a field that is none."""
    clock = ""
    bindings: list[Binding] = []
    for field, declared, marker in _declared(struct):
        if isinstance(marker, Clock):
            clock = field
        else:
            bindings.append(_binding(field, declared, marker))
    eaches = [binding for binding in bindings if isinstance(binding.marker, Each)]
    if len(eaches) > 1:
        raise TypeError(f"{struct.__qualname__}: more than one Each")
    rest = tuple(binding for binding in bindings if binding not in eaches)
    return Inputs(struct=struct, bindings=rest, each=eaches[0] if eaches else None, clock=clock)


def _declared(struct: type[Struct]) -> Iterator[tuple[str, object, Marker]]:
    for field, hint in get_type_hints(struct, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{struct.__qualname__}.{field}: not Annotated with an input")
        declared, *notes = get_args(hint)
        markers = [note for note in notes if isinstance(note, All | Each | Get | Clock)]
        if len(markers) != 1:
            raise TypeError(f"{struct.__qualname__}.{field}: wants one of All, Each, Get, Clock")
        yield field, declared, markers[0]


def _binding(field: str, declared: object, marker: All | Each | Get) -> Binding:
    spec, whole = _spec(declared)
    if isinstance(marker, All) and marker.spec is not None:
        spec = marker.spec
    if spec is None:
        raise TypeError(f"{field}: {declared!r} names no spec")
    query = ANYTHING if isinstance(marker, Get) else where(*marker.where, ids=marker.ids)
    if query.ids:
        pattern(query.ids)
    return Binding(
        field=field,
        marker=marker,
        kind=kind_of(spec, marker.namespace),
        query=query,
        whole=whole,
        by_id=isinstance(marker, All) and _is_mapping(declared),
        required=isinstance(marker, Get) and type(None) not in get_args(declared),
    )


def _spec(declared: object) -> tuple[type[Spec] | None, bool]:
    """Find the spec class inside a declared type, and whether its Resource is wanted."""
    if isinstance(declared, type) and issubclass(declared, Spec):
        return declared, False
    for part in get_args(declared):
        spec, whole = _spec(part)
        if spec is not None:
            return spec, whole or get_origin(declared) is Resource
    return None, False


def _is_mapping(declared: object) -> bool:
    origin = get_origin(declared)
    return isinstance(origin, type) and issubclass(origin, Mapping)
