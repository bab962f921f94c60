"""Sequences: operations as data, for the one sequencer.

    Sequence ─ phases, in order ─ tasks, concurrent ─ a request to make, a condition that ends it

    mount = Task(
        name="mountEphemeral",
        request=Request(Out(VolumeMountRequest), lambda run: ("EPHEMERAL", VolumeMountRequest())),
        until=Condition((Out(VolumeMountStatus),), is_mounted),
        timeout=timedelta(minutes=2), on_failure=Pause(timedelta(minutes=35)), lasting=True,
    )
    boot = Sequence(name="boot", phases=(..., Phase("ephemeral", (mount,)), ...))

A condition is a pure claim about the resources it declares, so it holds or not whoever asks, and a
task whose condition holds is over however it came about. It is asked only once the request is in
the store. Requests go when their phase is over; `lasting` ones stay until the operation goes, or
fails by their task.
"""

from collections import abc
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from ichor.cosi.controller import Out, Output
from ichor.cosi.resource import Kind, Resource, Spec, kind_of
from ichor.cosi.state import AnyResource

S = TypeVar("S", bound=Spec)


class Run(Struct, frozen=True, kw_only=True):
    """The operation a task is part of. actor: its id."""

    actor: str
    sequence: str
    parameters: Mapping[str, str] = {}
    started: datetime


class View(Struct, frozen=True):
    """The declared resources, as they stand; what was not declared cannot be asked for."""

    resources: Mapping[Kind, abc.Sequence[AnyResource]]

    def all(self, spec: type[S], namespace: str = "") -> abc.Sequence[Resource[S]]:
        """Ids ascending. Raises: KeyError if the kind was not declared."""
        return cast("abc.Sequence[Resource[S]]", self.resources[kind_of(spec, namespace)])

    def get(self, spec: type[S], id: str, namespace: str = "") -> Resource[S] | None:
        return next((item for item in self.all(spec, namespace) if item.id == id), None)


class Failed(Struct, frozen=True):
    """The task cannot end well."""

    reason: str


Verdict = bool | Failed


class Condition(Struct, frozen=True):
    """What ends a task: True when it is over, False while it is not."""

    reads: tuple[Out, ...]
    holds: Callable[[View, Run], Verdict]


class Guard(Struct, frozen=True):
    """What makes a task part of an operation at all; asked when its phase begins."""

    reads: tuple[Out, ...]
    holds: Callable[[View, Run], bool]


class Request(Struct, frozen=True):
    """What a task asks the controllers for."""

    out: Out
    make: Callable[[Run], Output | tuple[str, Spec]]


class Abort(Struct, frozen=True):
    """The operation fails with the task."""


class LogOnly(Struct, frozen=True):
    """The error is noted, and the task counts as over."""


class Pause(Struct, frozen=True):
    """The operation waits, for someone to look or for the condition to hold, then fails."""

    duration: timedelta


OnFailure = Abort | LogOnly | Pause


class Task(Struct, frozen=True, kw_only=True):
    """timeout: for all operations, or by what one was asked for with."""

    name: str
    request: Request | None = None
    until: Condition
    when: tuple[Guard, ...] = ()
    timeout: timedelta | Callable[[Run], timedelta] | None = None
    on_failure: OnFailure = Abort()
    lasting: bool = False


class Phase(Struct, frozen=True):
    name: str
    tasks: tuple[Task, ...]


class Sequence(Struct, frozen=True, kw_only=True):
    """resumes: after a restart in the middle, go on with the phase; else abort.

    takes_over: the running sequences it may end unasked; a request may ask to end any.
    """

    name: str
    phases: tuple[Phase, ...]
    resumes: bool = False
    takes_over: frozenset[str] = frozenset()


def include(
    phases: Iterable[Phase], *when: Guard, on_failure: OnFailure | None = None
) -> tuple[Phase, ...]:
    """Give phases for use inside another sequence: with more guards, with another rule."""

    def adapted(task: Task) -> Task:
        rule = task.on_failure if on_failure is None else on_failure
        return replace(task, when=(*when, *task.when), on_failure=rule)

    return tuple(Phase(phase.name, tuple(map(adapted, phase.tasks))) for phase in phases)


def reads(sequences: Iterable[Sequence]) -> abc.Sequence[Out]:
    """Give each kind that a sequence looks at once, its own requests included."""
    found: dict[Kind, Out] = {}
    for task in _tasks(sequences):
        outs = [*task.until.reads, *(out for guard in task.when for out in guard.reads)]
        for out in [*outs, *([task.request.out] if task.request else [])]:
            found[out.kind] = out
    return [found[kind] for kind in sorted(found)]


def writes(sequences: Iterable[Sequence]) -> abc.Sequence[Out]:
    """Give each kind that a task requests once."""
    found = {task.request.out.kind: task.request.out for task in _tasks(sequences) if task.request}
    return [found[kind] for kind in sorted(found)]


def _tasks(sequences: Iterable[Sequence]) -> Iterable[Task]:
    return (task for one in sequences for phase in one.phases for task in phase.tasks)
