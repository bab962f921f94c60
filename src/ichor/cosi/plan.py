"""Plan: what a change would do, found by running the real engine over models.

    observe() of every Actuator ─► seeds          the store ─► a copy, then the change
    engine(copy, Transforms, Actuators over models) ─► fixed point
    ─► the actions in order, and the difference of the stores

`seed` asks the ports and changes nothing; `predict` is pure. Sources do not run: what they said
last stands, unless a model says that only the world will know (`known after apply`).
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random

from msgspec import Struct

from ichor.cosi.controller import Actuator, Controller
from ichor.cosi.driving import answer
from ichor.cosi.failures import ControllerStatus
from ichor.cosi.memory import Memory
from ichor.cosi.modelled import AnyModel, Modelled, Planned, Seeds
from ichor.cosi.resource import Key, Kind, kind_of
from ichor.cosi.runtime import Engine
from ichor.cosi.state import AnyResource, State, find_all
from ichor.cosi.taint import readers, spread


class Unknown(enum.Enum):
    """A value that only the world can give."""

    KNOWN_AFTER_APPLY = "known after apply"


KNOWN_AFTER_APPLY = Unknown.KNOWN_AFTER_APPLY
After = AnyResource | Unknown | None


class Change(Struct, frozen=True):
    """A resource that would differ. None: it does not exist before, or after."""

    key: Key
    before: AnyResource | None
    after: After


class Plan(Struct, frozen=True, kw_only=True):
    """What would happen.

    unknown: kinds that only the world can fill. waiting: Actuators that read one of those and may
    have more to do. unmodelled: Actuators whose first actions are given, and nothing after them.
    failures: controllers that would fail, with what.
    """

    actions: tuple[Planned, ...] = ()
    changes: tuple[Change, ...] = ()
    unknown: frozenset[Kind] = frozenset()
    waiting: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    failures: Mapping[str, str] = {}

    @property
    def is_empty(self) -> bool:
        return not self.actions and not self.changes


async def seed(controllers: Sequence[Controller]) -> Seeds:
    """Observe what every Actuator sees now."""
    return {
        one.name: await answer(one.observe()) for one in controllers if isinstance(one, Actuator)
    }


def predict(
    state: State,
    controllers: Sequence[Controller],
    seeds: Seeds,
    models: Mapping[str, AnyModel],
    change: Callable[[State], None],
    *,
    now: datetime,
) -> Plan:
    """Give what the change would do at that time.

    Raises: UnsettledError, and what the change raises.
    """
    copy = copy_of(state, lambda: now)
    before = contents(copy)
    change(copy)
    world = Modelled(seeds, models)
    _settle(copy, [stand_in for one in controllers for stand_in in world.stand_in(one)], now)
    acted = {planned.controller for planned in world.actions}
    unmodelled = tuple(sorted(acted - models.keys()))
    outputs = {out.kind for one in controllers if one.name in unmodelled for out in one.outputs}
    unknown = spread(controllers, world.unknown | outputs)
    return Plan(
        actions=tuple(world.actions),
        changes=tuple(differences(before, contents(copy), unknown)),
        unknown=unknown,
        waiting=tuple(readers(controllers, unknown)),
        unmodelled=unmodelled,
        failures={status.id: status.spec.error for status in find_all(copy, ControllerStatus)},
    )


def _settle(state: State, controllers: Sequence[Controller], now: datetime) -> None:
    # Back-offs never end here, so their jitter does not matter.
    random = Random(0)  # noqa: S311
    engine = Engine(state, controllers, time=_Frozen(now), random=random, quiet=True)
    engine.settle()
    engine.close()


def copy_of(state: State, now: Callable[[], datetime]) -> Memory:
    """Copy a store: the same resources with the same versions, and nobody listening."""
    copy = Memory(now)
    for kind in state.kinds():
        for item in state.list(kind):
            copy.restore(item)
    return copy


def contents(state: State) -> Mapping[Key, AnyResource]:
    """Give all resources but the engine's own notes."""
    own = kind_of(ControllerStatus)
    return {item.key: item for kind in state.kinds() if kind != own for item in state.list(kind)}


def differences(
    before: Mapping[Key, AnyResource],
    after: Mapping[Key, AnyResource],
    unknown: frozenset[Kind] = frozenset(),
) -> Sequence[Change]:
    """Give what differs to a reader, ids ascending: spec, labels, annotations, existence."""
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if key.kind in unknown:
            found.append(Change(key, old, KNOWN_AFTER_APPLY))
        elif _content(old) != _content(new):
            found.append(Change(key, old, new))
    return found


def _content(resource: AnyResource | None) -> object:
    if resource is None or not resource.is_running:
        return None
    return resource.spec, resource.labels, resource.annotations


class _Frozen:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return 0.0
