"""The product's own decisions: every Transform, plan and report of the wiring is pure.

Over generated inputs, over the stores a control plane and a worker come to, and over stores
recorded from live ones. And the laws: a plan applied is empty; the order of things does not matter.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import cache, partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from tests.conformance.generated import hints_of, inputs, values
from tests.conformance.nodes import KINDS, contents, settled, store_of
from tests.conformance.test_purity import check, outcome, thorough

from ichor.apps.machined.offline import MODELS, offline
from ichor.apps.machined.site import MEDIUM, METAL
from ichor.cosi.controller import Actuator, Controller, Source, Transform
from ichor.cosi.model import Predicted
from ichor.cosi.plan import contents as all_contents
from ichor.cosi.state import State
from ichor.resources.config.active import ActiveConfig
from ichor.resources.wire.text import from_yaml, to_yaml
from ichor.testing.engine import START
from ichor.testing.recorded import inputs_of

ALL = tuple({one.name: one for one in (*offline(), *offline(METAL), *offline(MEDIUM))}.values())
TRANSFORMS = [one for one in ALL if isinstance(one, Transform)]
ACTUATORS = [one for one in ALL if isinstance(one, Actuator)]
SOURCES = [one for one in ALL if isinstance(one, Source)]
ROUNDS = 32


def name_of(controller: object) -> str:
    assert isinstance(controller, Controller)
    return controller.name


def struct_of(drawn: object) -> Struct:
    assert isinstance(drawn, Struct)
    return drawn


def observed_type(decide: Callable[..., object]) -> object:
    """What a plan observes: the type of its last parameter, since `plan(inputs, observed)`."""
    bare = decide.func if isinstance(decide, partial) else decide
    hints = hints_of(bare)
    hints.pop("return", None)
    return list(hints.values())[-1]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=name_of)
@thorough
@given(data=st.data())
def test_a_transform_is_pure(transform: Transform[Struct], data: st.DataObject) -> None:
    given_inputs = struct_of(data.draw(inputs(transform.inputs)))
    check(lambda: transform.reconcile(given_inputs))


@pytest.mark.parametrize("actuator", ACTUATORS, ids=name_of)
@thorough
@given(data=st.data())
def test_a_plan_and_its_report_are_pure(
    actuator: Actuator[Struct, object, object], data: st.DataObject
) -> None:
    given_inputs = struct_of(data.draw(inputs(actuator.inputs)))
    observed = data.draw(values(observed_type(actuator.plan)))
    check(lambda: actuator.plan(given_inputs, observed))
    report = actuator.report
    if report is not None:
        check(lambda: report(given_inputs, observed))


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
@thorough
@given(data=st.data())
def test_a_source_is_pure(source: Source[object], data: st.DataObject) -> None:
    snapshot = data.draw(values(observed_type(source.reconcile)))
    check(lambda: source.reconcile(snapshot))


def test_every_port_has_its_model() -> None:
    assert {one.name for one in ACTUATORS} == set(MODELS)


@pytest.mark.parametrize("kind", KINDS)
def test_decisions_over_a_store_are_pure(kind: str) -> None:
    state = store_of(kind)
    for transform in TRANSFORMS:
        for given_inputs in inputs_of(state, transform, START):
            check(partial(transform.reconcile, given_inputs))
    for actuator, given_inputs in actuations(state):
        for observed in walk(actuator, given_inputs):
            check(partial(actuator.plan, given_inputs, observed))
            if actuator.report is not None:
                check(partial(actuator.report, given_inputs, observed))


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_applied_is_empty(kind: str) -> None:
    for actuator, given_inputs in actuations(store_of(kind)):
        *_, last = walk(actuator, given_inputs)
        assert list(actuator.plan(given_inputs, last)) == [], actuator.name


@pytest.mark.parametrize("kind", ["controlplane", "worker"])
def test_what_a_node_holds_is_read_back_from_its_text(kind: str) -> None:
    """But for secrets, which the text hides, and for what never leaves the process."""
    for item in all_contents(store_of(kind)).values():
        if not isinstance(item.spec, ActiveConfig):
            text = to_yaml(item.spec)
            assert to_yaml(from_yaml(text, type(item.spec))) == text, item.key


def actuations(state: State) -> Iterator[tuple[Actuator[Struct, object, object], Struct]]:
    for actuator in ACTUATORS:
        for given_inputs in inputs_of(state, actuator, START):
            yield actuator, given_inputs


@cache
def beginnings() -> Mapping[str, object]:
    """What each port observes before anything was done."""
    return {one.name: immediate(one.observe) for one in ACTUATORS}


def immediate(observe: Callable[[], object]) -> object:
    found = observe()
    if not isinstance(found, Coroutine):
        return found
    try:
        found.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a model waits for nothing")


def walk(actuator: Actuator[Struct, object, object], given_inputs: Struct) -> Iterator[object]:
    """Give what is observed from nothing on, plan after plan, to the end."""
    observed = beginnings()[actuator.name]
    model = MODELS[actuator.name]
    for _ in range(ROUNDS):
        yield observed
        actions = outcome(partial(actuator.plan, given_inputs, observed))
        if not actions:
            return
        assert isinstance(actions, list), (actuator.name, actions)
        for action in actions:
            after = model(observed, action)
            observed = after.observed if isinstance(after, Predicted) else after
    raise AssertionError(f"{actuator.name} does not come to an end")


@pytest.mark.parametrize("kind", ["controlplane", "worker"])
def test_the_order_of_controllers_does_not_matter(kind: str) -> None:
    expected = contents(settled(kind, offline()))
    for seed in range(3):
        shuffled = list(offline())
        Random(seed).shuffle(shuffled)
        assert contents(settled(kind, shuffled)) == expected
