"""Running: one call of a controller, from its inputs to its outputs in the store."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from ichor.cosi import finalizers
from ichor.cosi.controller import Actuator, Source, Transform
from ichor.cosi.driving import answer
from ichor.cosi.inputs import Missing
from ichor.cosi.node import WHOLE, Node
from ichor.cosi.outputs import NOTHING, Wanted, collect
from ichor.cosi.resource import Key
from ichor.cosi.state import State
from ichor.errors import TransientError

ROUNDS = 32  # observations per actuation; a plan that goes on longer is tried again later


class StillPlannedError(TransientError):
    """Applying the plan does not empty it."""


def shared_inputs(node: Node, state: State, now: datetime) -> Mapping[str, object] | None:
    """Read what every scope of the controller sees; None while a required input is missing."""
    try:
        return node.inputs.shared(state, now)
    except Missing:
        return None


def run_scope(
    node: Node, scope: str, shared: Mapping[str, object] | None, state: State, now: datetime
) -> Wanted:
    """Run a Transform once, for one item or as a whole."""
    transform = node.controller
    if not isinstance(transform, Transform):
        raise TypeError(f"{node.name} is no Transform")
    wanted = NOTHING
    values = None if shared is None else _with_item(node, scope, shared, state)
    if values is not None:
        inputs = node.inputs.build(values)
        wanted = collect(transform.outputs, transform.reconcile(inputs), now)
    node.outputs.write(scope, wanted.outputs)
    finalizers.release_item(state, node, scope)
    return wanted


def _with_item(
    node: Node, scope: str, shared: Mapping[str, object], state: State
) -> Mapping[str, object] | None:
    each = node.inputs.each
    if each is None:
        return shared
    item = each.item(state, scope)
    if item is None:
        return None
    if each.strong:
        item = finalizers.hold(state, node.name, item)
    return {**shared, each.field: each.value(item)}


class Actuation(Struct, frozen=True, kw_only=True):
    """An Actuator about to run. leaving: strong inputs it no longer sees, to be let go of."""

    actuator: Actuator[Struct, object, object]
    inputs: Struct
    leaving: tuple[Key, ...]
    now: datetime


def prepare(node: Node, state: State, now: datetime) -> Actuation | None:
    """Read the inputs, all at one moment; None while a required one is missing."""
    actuator = node.controller
    if not isinstance(actuator, Actuator):
        raise TypeError(f"{node.name} is no Actuator")
    finalizers.hold_shared(state, node)
    shared = shared_inputs(node, state, now)
    if shared is None:
        node.outputs.write(WHOLE, {})
        return None
    leaving = tuple(finalizers.ending(state, node.name, node.inputs.bindings))
    inputs = node.inputs.build(shared)
    return Actuation(actuator=actuator, inputs=inputs, leaving=leaving, now=now)


async def actuate(node: Node, state: State, actuation: Actuation) -> Wanted:
    """Run an Actuator until its plan is empty; what it reports is written even if it fails."""
    actuator = actuation.actuator
    try:
        observed = await _converge(node, actuator, actuation.inputs)
    except Exception:
        with suppress(Exception):  # the first error is the one to tell
            _report(node, actuation, await answer(actuator.observe()))
        raise
    wanted = _report(node, actuation, observed)
    finalizers.release(state, node.name, actuation.leaving)
    return wanted


async def _converge(
    node: Node, actuator: Actuator[Struct, object, object], inputs: Struct
) -> object:
    """Apply plans until there is nothing to do; give the observation that says so."""
    before: Sequence[object] = ()
    for _ in range(ROUNDS):
        observed = await answer(actuator.observe())
        actions = tuple(actuator.plan(inputs, observed))
        if not actions:
            return observed
        if actions == before:
            raise StillPlannedError(f"still planned after applying: {_names(actions)}")
        await _apply(node, actuator, actions)
        before = actions
    raise StillPlannedError(f"still planned after {ROUNDS} rounds: {_names(before)}")


async def _apply(
    node: Node, actuator: Actuator[Struct, object, object], actions: Iterable[object]
) -> None:
    """Raises what the first that failed did."""
    failure: Exception | None = None
    for action in actions:
        try:
            await answer(actuator.apply(action))
            node.metrics.actions += 1
        except Exception as error:
            if not actuator.apart:
                raise
            failure = failure or error
    if failure is not None:
        raise failure


def _report(node: Node, actuation: Actuation, observed: object) -> Wanted:
    report = actuation.actuator.report
    if report is None:
        return NOTHING
    wanted = collect(node.declared, report(actuation.inputs, observed), actuation.now)
    node.outputs.write(WHOLE, wanted.outputs)
    node.outputs.sweep()
    return wanted


def _names(actions: Iterable[object]) -> str:
    """Name the kinds of actions: their values may be secret."""
    return ", ".join(sorted({type(action).__name__ for action in actions}))


def take_snapshot(node: Node, snapshot: object, now: datetime) -> Wanted:
    """Write what a Source makes of a snapshot."""
    source = node.controller
    if not isinstance(source, Source):
        raise TypeError(f"{node.name} is no Source")
    wanted = collect(source.outputs, source.reconcile(snapshot), now)
    node.outputs.write(WHOLE, wanted.outputs)
    node.outputs.sweep()
    return wanted
