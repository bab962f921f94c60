"""The three kinds of controllers, and the words they are written in.

| kind | you write | effects |
|---|---|---|
| Transform | `reconcile(inputs)` -> outputs | none |
| Actuator | `plan(inputs, observed)` -> actions, `report(inputs, observed)` -> outputs | its port |
| Source | `reconcile(snapshot)` -> outputs | its port |

The engine does the rest: watching, waking, ordering, diffing, finalizers, teardown, back-off.
A Transform:

    class Inputs(Struct, frozen=True, kw_only=True):
        offers: Annotated[Sequence[Resource[Hostname]], All(CONFIG_NAMESPACE)] = ()
        identity: Annotated[Identity | None, Get("cluster", "local")] = None

    def reconcile(inputs: Inputs) -> Iterator[tuple[str, Hostname]]:
        if inputs.offers:
            yield ID, min(inputs.offers, key=rank).spec
        elif inputs.identity is not None:
            yield ID, Hostname(host=stable_name(inputs.identity.node_id))

    hostname = Transform(
        name="network.Hostname", inputs=Inputs, outputs=[Out(Hostname)], reconcile=reconcile
    )

An Actuator, its port handed in by the wiring:

    def plan(inputs: Inputs, current: Names) -> Iterator[Names]:
        if inputs.wanted is not None and inputs.wanted.names != current:
            yield inputs.wanted.names

    def hostname_apply(uts: Uts) -> Actuator[Inputs, Names, Names]:
        return Actuator(
            name="network.HostnameApply", inputs=Inputs, plan=plan,
            observe=uts.read, apply=uts.write, outputs=[Out(HostnameStatus)], report=report,
        )

What a field of `Inputs` may be, `X` being a spec class:

    Annotated[Sequence[Resource[X]], All(...)]     or Sequence[X], or Mapping[str, X] by id
    Annotated[X | None, Get(namespace, id)]        or Resource[X] | None
    Annotated[X, Get(namespace, id)]               required: without it there are no outputs
    Annotated[Resource[X], Each(...)]              one call per item, whose outputs it owns
    Annotated[datetime, Clock()]                   now; with WakeAt(t) among the outputs

A resource that is being torn down is no input any more. `strong=True` keeps it from vanishing
before its effect is undone: its outputs gone, or the observation no longer asking for an action.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from msgspec import Struct

from ichor.cosi.query import Term
from ichor.cosi.resource import Kind, Spec, kind_of

I = TypeVar("I", bound=Struct)  # noqa: E741 - inputs, as O is observed and A is an action
O = TypeVar("O")  # noqa: E741
A = TypeVar("A")


class All(Struct, frozen=True):
    """Every resource of the kind, ids ascending. For merges; else take Each.

    spec: of which class, where a program writes the declaration and the type cannot say.
    """

    namespace: str = ""
    where: tuple[Term, ...] = ()
    ids: str = ""
    strong: bool = False
    spec: type[Spec] | None = None


class Each(Struct, frozen=True):
    """One resource at a time: a change costs one call, however many there are."""

    namespace: str = ""
    where: tuple[Term, ...] = ()
    ids: str = ""
    strong: bool = False


class Get(Struct, frozen=True):
    """The one resource of that id."""

    namespace: str = ""
    id: str = ""
    strong: bool = False


class Clock(Struct, frozen=True):
    """The time of the call. Time alone wakes nobody: yield WakeAt."""


Marker = All | Each | Get | Clock


class Out(Struct, frozen=True):
    """A kind this controller may write."""

    spec: type[Spec]
    namespace: str = ""

    @property
    def kind(self) -> Kind:
        return kind_of(self.spec, self.namespace)


class Output(Struct, frozen=True):
    """A resource that should exist; write `(id, spec)` when there is no more to say."""

    id: str
    spec: Spec
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    namespace: str = ""


class WakeAt(Struct, frozen=True):
    """Call again at that time even if nothing changes; yielded beside outputs."""

    time: datetime


Yield = Output | tuple[str, Spec] | WakeAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """What the three have in common; there is no fourth.

    name: `domain.Noun`; it is the owner of the outputs, and what metrics and the graph show.
    """

    name: str
    outputs: Sequence[Out] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform(Controller, Generic[I]):
    """A pure controller: all of its outputs as a function of its inputs.

    The engine makes the store hold exactly what `reconcile` yields: what is missing is torn
    down, what is equal is left untouched. When it raises, what was there stays.
    """

    inputs: type[I]
    reconcile: Callable[[I], Iterable[Yield]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuator(Controller, Generic[I, O, A]):
    """A controller with an effect: observe the world, plan actions, apply them in order.

    `plan` and `report` are pure; only the port's `observe` and `apply` touch the system, either
    may be async. Actions are frozen values. Applying is repeated from a new observation until
    `plan` yields nothing; a plan that applying does not change is a failure.
    resync: look again that often. wakes: the port says that something changed. apart: an action
    that fails holds up none behind it; the first failure is told when all were tried.
    """

    inputs: type[I]
    observe: Callable[[], O | Awaitable[O]]
    plan: Callable[[I, O], Iterable[A]]
    apply: Callable[[A], Awaitable[None] | None]
    report: Callable[[I, O], Iterable[Yield]] | None = None
    resync: timedelta | None = None
    wakes: Callable[[], AsyncIterator[None]] | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Controller, Generic[O]):
    """What the world says by itself: each snapshot is complete, and replaces the one before.

    An iterator that ends leaves its last outputs; one that raises is started again.
    """

    snapshots: Callable[[], AsyncIterator[O]]
    reconcile: Callable[[O], Iterable[Yield]]
