"""Decisions are pure: reconcile, plan and report touch nothing and answer the same twice.

`CONTROLLERS` is the list that is checked; the wiring of the product's controllers joins it here.
"""

import socket
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conformance.generated import inputs, values
from tests.cosi.test_actuator import Table, table_apply
from tests.cosi.test_plan import counter
from tests.cosi.test_transform import text, total

from ichor.cosi.controller import Actuator, Controller, Transform
from ichor.testing.purity import ImpureError, pure

CONTROLLERS: list[Controller] = [total, text, counter]
# What an Actuator observes is not declared by a struct: its type stands beside it.
ACTUATORS: list[tuple[Controller, object]] = [(table_apply(Table()), dict[str, int])]

thorough = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


def outcome(decide: Callable[[], Iterable[object]]) -> object:
    """What it yields, or the error it ends with."""
    try:
        return list(decide())
    except Exception as err:  # noqa: BLE001 - garbage in may end in any error, but the same
        return type(err), str(err)


def check(decide: Callable[[], Iterable[object]]) -> None:
    """Decide once to have everything imported, and again where nothing may be touched."""
    first = outcome(decide)
    with pure():
        second = outcome(decide)
    assert first == second


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda one: one.name)
@thorough
@given(data=st.data())
def test_a_transform_touches_nothing(controller: Controller, data: st.DataObject) -> None:
    assert isinstance(controller, Transform)
    given_inputs = data.draw(inputs(controller.inputs))
    check(lambda: controller.reconcile(given_inputs))


@pytest.mark.parametrize(("controller", "observes"), ACTUATORS, ids=lambda one: str(one)[:40])
@thorough
@given(data=st.data())
def test_plan_and_report_touch_nothing(
    controller: Controller, observes: object, data: st.DataObject
) -> None:
    assert isinstance(controller, Actuator)
    given_inputs = data.draw(inputs(controller.inputs))
    observed = data.draw(values(observes))
    check(lambda: controller.plan(given_inputs, observed))
    report = controller.report
    if report is not None:
        check(lambda: report(given_inputs, observed))


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda: Path("/etc/hostname").read_text(), id="open"),
        pytest.param(lambda: socket.socket().close(), id="socket"),
        pytest.param(lambda: subprocess.run(["true"]), id="process"),
    ],
)
def test_touching_the_world_is_noticed(touch: Callable[[], object]) -> None:
    with pytest.raises(ImpureError), pure():
        touch()
