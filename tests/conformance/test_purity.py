"""Decisions are pure: reconcile, plan and report touch nothing and answer the same twice.

`CONTROLLERS` is the list that is checked; the wiring of the product's controllers joins it here.
"""

import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conformance.generated import inputs, values
from tests.cosi.specs import Number, Text
from tests.cosi.test_actuator import Table, table_apply
from tests.cosi.test_plan import counter
from tests.cosi.test_sequencer import sequence, task
from tests.cosi.test_transform import text, total

from ichor.apps.machined.enrolment import TrustdIssuance
from ichor.controllers.cluster.affiliate_merge import affiliate_merge
from ichor.controllers.cluster.discovery import discovery
from ichor.controllers.cluster.endpoint import discovered_endpoint
from ichor.controllers.cluster.member import member
from ichor.controllers.secrets.api_sans import api_sans
from ichor.controllers.secrets.enrolment import enrolment
from ichor.controllers.secrets.join_token import join_token
from ichor.cosi.controller import Actuator, Controller, Transform
from ichor.cosi.memory import Memory
from ichor.cosi.operation import OperationStatus
from ichor.cosi.progress import Advance
from ichor.cosi.sequencer import Journal, sequencer
from ichor.linux.clock import KernelClock
from ichor.peers.rendezvous import Rendezvous
from ichor.pki.signing import Answer, Question
from ichor.ports.rendezvous import Session
from ichor.resources.secrets.certificate import Certificate
from ichor.testing.engine import START, World
from ichor.testing.purity import ImpureError, pure
from ichor.testing.recorded import inputs_of


class NoJournal:
    """A journal whose port is never reached: only decisions are asked for."""

    def read(self) -> Journal:
        return {}

    def write(self, step: Advance) -> None:
        raise AssertionError(step)


class NoSigner:
    async def ask(self, question: Question) -> Answer:
        raise AssertionError(question)


CONTROLLERS: list[Controller] = [total, text, counter]
# Of the product: who joins the cluster and is told of it.
PRODUCT: list[Controller] = [join_token, affiliate_merge, member, discovered_endpoint, api_sans]
# What an Actuator observes is not declared by a struct: its type stands beside it.
ACTUATORS: list[tuple[Controller, object]] = [
    (table_apply(Table()), dict[str, int]),
    (
        sequencer([sequence("boot", (task("a"), task("b")), (task("c"),))], NoJournal(), "1"),
        dict[Literal["a", "b", "local"], OperationStatus],
    ),
    (enrolment(TrustdIssuance(NoSigner())), dict[Literal["a", "b", "local"], Certificate]),
    (discovery(Rendezvous(KernelClock())), dict[Literal["a", "b"], Session]),
]

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


@pytest.mark.parametrize("controller", [*CONTROLLERS, *PRODUCT], ids=lambda one: one.name)
@thorough
@given(data=st.data())
def test_a_transform_touches_nothing(controller: Controller, data: st.DataObject) -> None:
    assert isinstance(controller, Transform)
    given_inputs = data.draw(inputs(controller.inputs))
    check(lambda: controller.reconcile(given_inputs))


def recorded() -> Memory:
    """A store to decide on; the recordings of live nodes join it here."""
    world = World()
    for value in range(4):
        world.put(Number(value=value), f"n{value}")
        world.put(Text(text=str(value)), f"t{value}")
    return world.state


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda one: one.name)
def test_a_transform_touches_nothing_of_what_a_store_holds(controller: Controller) -> None:
    assert isinstance(controller, Transform)
    calls = list(inputs_of(recorded(), controller, START))
    assert calls
    for given_inputs in calls:
        check(partial(controller.reconcile, given_inputs))


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


touches = pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda: Path("/etc/hostname").read_text(), id="open"),
        pytest.param(lambda: socket.socket().close(), id="socket"),
        pytest.param(lambda: subprocess.run(["true"]), id="process"),
    ],
)


@touches
def test_touching_the_world_is_noticed(touch: Callable[[], object]) -> None:
    with pytest.raises(ImpureError), pure():
        touch()


@touches
def test_a_controller_that_touches_the_world_is_noticed_in_any_test(
    touch: Callable[[], object],
) -> None:
    names: dict[str, Callable[[Callable[[], object]], Iterator[None]]] = {}
    module = {"__name__": "ichor.controllers.k8s.x"}
    exec("def reconcile(touch): touch(); yield", module, names)
    for _ in range(2):  # it goes on watching
        with pytest.raises(ImpureError):
            next(names["reconcile"](touch))
    touch()
