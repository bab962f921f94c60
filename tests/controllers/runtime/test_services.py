from collections.abc import AsyncIterator, Mapping

from ichor.controllers.runtime.service import service
from ichor.controllers.runtime.services import services
from ichor.models.service import model
from ichor.ports.service import Action, Forget, Service, Start, State, Stop
from ichor.resources.runtime.service_spec import Exec, ServiceSpec
from ichor.resources.runtime.service_status import (
    HealthCheck,
    HealthStatus,
    ServiceStatus,
    Tcp,
)
from ichor.resources.v1alpha1.service import Service as Shown
from ichor.testing.engine import Feed, World


class FakeServices:
    def __init__(self) -> None:
        self.held: Mapping[str, Service] = {}
        self.done: list[Action] = []
        self.feed: Feed[None] = Feed()

    def observe(self) -> Mapping[str, Service]:
        return self.held

    async def apply(self, action: Action) -> None:
        self.done.append(action)
        self.held = model(self.held, action)

    def wakes(self) -> AsyncIterator[None]:
        return self.feed()


def spec(id: str, *arguments: str) -> ServiceSpec:
    return ServiceSpec(id=id, program=Exec(argv=("/usr/bin/x", *arguments)))


def world() -> tuple[World, FakeServices]:
    port = FakeServices()
    return World((services(port), service)), port


def test_what_is_wished_for_runs_and_is_shown() -> None:
    made, port = world()
    made.put(spec("a"), "a")
    made.settle()
    assert port.done == [Start(spec=spec("a"))]
    status = made.spec(ServiceStatus, "a")
    assert status is not None
    assert status.is_running


def test_a_changed_wish_starts_the_service_anew() -> None:
    made, port = world()
    made.put(spec("a"), "a")
    made.settle()
    made.put(spec("a", "--more"), "a")
    made.settle()
    assert port.done[-1] == Start(spec=spec("a", "--more"))


def test_what_nobody_wishes_for_is_stopped_and_forgotten() -> None:
    made, port = world()
    made.put(spec("a"), "a")
    made.settle()
    made.remove(ServiceSpec, "a")
    made.settle()
    assert port.done[1:] == [Stop(id="a"), Forget(id="a")]
    assert made.specs(ServiceStatus) == {}


def test_a_service_without_a_check_is_healthy_while_it_runs() -> None:
    made, _ = world()
    made.put(spec("a"), "a")
    made.settle()
    assert made.spec(Shown, "a") == Shown(running=True, healthy=True, unknown=True)


def test_a_service_with_a_check_is_as_healthy_as_it_answers() -> None:
    made, port = world()
    made.put(HealthCheck(probe=Tcp(host="127.0.0.1", port=1)), "a")
    made.put(spec("a"), "a")
    made.settle()
    assert made.spec(Shown, "a") == Shown(running=True, healthy=False, unknown=True)
    made.put(HealthStatus(healthy=True, unknown=False), "a")
    made.settle()
    assert made.spec(Shown, "a") == Shown(running=True, healthy=True, unknown=False)
    assert port.held["a"].state is State.RUNNING
