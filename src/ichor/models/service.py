"""What an action does to the services, as far as it can be known before.

A started service runs, a stopped one is finished; its pid and times only the world can give.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from ichor.errors import NotFound
from ichor.ports.service import (
    Action,
    Event,
    Exit,
    Forget,
    Service,
    Signal,
    Start,
    State,
    Stop,
)

_UNKNOWN = datetime.fromtimestamp(0, UTC)
_GONE = (State.FINISHED, State.FAILED, State.SKIPPED)
_ENDING = (2, 9, 15)


def model(services: Mapping[str, Service], action: Action) -> Mapping[str, Service]:
    match action:
        case Start(spec=spec):
            old = services.get(spec.id)
            if old is not None and old.spec == spec and old.state not in _GONE:
                return services
            started = Service(spec=spec, state=State.RUNNING, starts=1 + (old.starts if old else 0))
            return {**services, spec.id: _noted(started, "Started")}
        case Stop(id=id):
            old = _known(services, id)
            if old.state in _GONE:
                return services
            stopped = replace(old, state=State.FINISHED, pid=0, exit=Exit(signal=15))
            return {**services, id: _noted(stopped, "Stopped")}
        case Signal(id=id, number=number):
            old = _known(services, id)
            if old.state in _GONE:
                raise NotFound(f"service {id!r} has no process")
            return services if number not in _ENDING else _ended(services, old, number)
        case Forget(id=id):
            if id in services and services[id].state not in _GONE:
                return services
            return {name: each for name, each in services.items() if name != id}


def _known(services: Mapping[str, Service], id: str) -> Service:
    if id not in services:
        raise NotFound(f"no service {id!r}")
    return services[id]


def _ended(services: Mapping[str, Service], old: Service, number: int) -> Mapping[str, Service]:
    """A signal that ends it makes the supervisor start it again, unless it never restarts."""
    if old.spec.restart.value == "never":
        failed = replace(old, state=State.FAILED, pid=0, exit=Exit(signal=number))
        return {**services, old.spec.id: _noted(failed, f"Process ended with signal {number}")}
    return {**services, old.spec.id: _noted(replace(old, starts=old.starts + 1), "Started")}


def _noted(service: Service, message: str) -> Service:
    event = Event(state=service.state, message=message, at=_UNKNOWN)
    return replace(service, events=(*service.events, event))
