"""Progress: one operation's way through its sequence, as a pure step.

    enter a phase ─► tasks whose guards hold start ─► each ends by its condition, its time limit or
    its failure ─► all ended: the next phase ─► none left: done

A step gives the new status and what to tell, or None when there is nothing to do but wait.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ichor.cosi.controller import Output
from ichor.cosi.operation import (
    Action,
    Code,
    OperationEvent,
    OperationStatus,
    PhaseEvent,
    SequenceEvent,
    State,
    TaskEvent,
    TaskState,
)
from ichor.cosi.sequence import Abort, Failed, LogOnly, Pause, Run, Sequence, Task, View


class Advance(Struct, frozen=True):
    """The action of the sequencer: a new status (None: forget it), and what to tell of it."""

    id: str
    status: OperationStatus | None
    events: tuple[OperationEvent, ...] = ()


class Moment(Struct, frozen=True):
    """What a step is a function of, besides the status."""

    view: View
    now: datetime


def finished(
    id: str, status: OperationStatus, state: State, now: datetime, error: str = ""
) -> Advance:
    """End an operation, well or not."""
    codes = {
        State.FAILED: Code.FATAL,
        State.CANCELED: Code.CANCELED,
        State.REFUSED: Code.LOCKED,
    }
    action = Action.STOP if state is State.DONE else Action.NOOP
    event = SequenceEvent(id, status.sequence, action, codes.get(state), error)
    return Advance(id, replace(status, state=state, error=error, ended=now), (event,))


def enter(
    id: str, status: OperationStatus, sequence: Sequence, index: int, moment: Moment
) -> Advance:
    """Begin the first phase from the index on that has something to do; end if there is none."""
    for number in range(index, len(sequence.phases)):
        phase = sequence.phases[number]
        tasks = [task for task in phase.tasks if _is_part(task, id, status, moment)]
        if tasks:
            begun = replace(
                status,
                phase=number,
                phase_name=phase.name,
                tasks={task.name: TaskState(started=moment.now) for task in tasks},
                lasting=(*status.lasting, *_lasting(number, tasks)),
            )
            start = (TaskEvent(id, task.name, Action.START) for task in tasks)
            return Advance(id, begun, (PhaseEvent(id, phase.name, Action.START), *start))
    return finished(id, status, State.DONE, moment.now)


def advance(id: str, status: OperationStatus, sequence: Sequence, moment: Moment) -> Advance | None:
    """Give what follows now in the present phase."""
    phase = sequence.phases[status.phase]
    tasks: dict[str, TaskState] = {}
    for task in phase.tasks:
        old = status.tasks.get(task.name)
        if old is not None:
            tasks[task.name] = _judged(task, old, run_of(id, status), moment)
            if _is_fatal(task, tasks[task.name], moment.now):
                error = f"task {task.name}: {tasks[task.name].error}"
                mark = _mark(status.phase, task)  # what it asked for did not come about
                lasting = tuple(one for one in status.lasting if one != mark)
                failed = replace(status, tasks={**status.tasks, **tasks}, lasting=lasting)
                return finished(id, failed, State.FAILED, moment.now, error)
    if tasks == status.tasks:
        return None
    events, notes = _news(id, status.tasks, tasks)
    moved = replace(status, tasks=tasks, notes=(*status.notes, *notes))
    if any(state.ended is None for state in tasks.values()):
        return Advance(id, moved, events)
    following = enter(id, moved, sequence, status.phase + 1, moment)
    stop = PhaseEvent(id, phase.name, Action.STOP)
    return Advance(id, following.status, (*events, stop, *following.events))


def deadlines(id: str, status: OperationStatus, sequence: Sequence) -> Iterator[datetime]:
    """Give the times at which waiting alone changes something."""
    for task in sequence.phases[status.phase].tasks:
        state = status.tasks.get(task.name)
        if state is None or state.ended is not None:
            continue
        if state.failed is not None and isinstance(task.on_failure, Pause):
            yield state.failed + task.on_failure.duration
        elif (until := _until(task, state, run_of(id, status))) is not None:
            yield until


def requests(id: str, status: OperationStatus, sequence: Sequence) -> Iterator[Output]:
    """Give what the operation asks for now: the present phase's wishes, and the lasting ones."""
    run = run_of(id, status)
    for number, phase in enumerate(sequence.phases):
        is_now = status.is_running and number == status.phase
        for task in phase.tasks:
            is_part = is_now and task.name in status.tasks
            if is_part or _mark(number, task) in status.lasting:
                yield from _request(task, run)


def run_of(id: str, status: OperationStatus) -> Run:
    return Run(
        actor=id,
        sequence=status.sequence,
        parameters=status.parameters,
        started=status.started,
    )


def _is_part(task: Task, id: str, status: OperationStatus, moment: Moment) -> bool:
    run = run_of(id, status)
    return all(guard.holds(moment.view, run) for guard in task.when)


def _lasting(number: int, tasks: list[Task]) -> Iterator[str]:
    return (_mark(number, task) for task in tasks if task.lasting)


def _mark(number: int, task: Task) -> str:
    return f"{number}/{task.name}"


def _request(task: Task, run: Run) -> Iterator[Output]:
    if task.request is None:
        return
    made = task.request.make(run)
    output = made if isinstance(made, Output) else Output(*made)
    yield replace(output, namespace=output.namespace or task.request.out.kind.namespace)


def _is_placed(task: Task, run: Run, view: View) -> bool:
    """Whether the request is in the store as this run makes it."""
    for output in _request(task, run):
        found = view.get(type(output.spec), output.id, output.namespace)
        if found is None or found.spec != output.spec:
            return False
    return True


def _judged(task: Task, state: TaskState, run: Run, moment: Moment) -> TaskState:
    if state.ended is not None or not _is_placed(task, run, moment.view):
        return state
    verdict = task.until.holds(moment.view, run)
    if verdict is True:
        return replace(state, ended=moment.now, failed=None, error="")
    error = verdict.reason if isinstance(verdict, Failed) else _late(task, state, run, moment.now)
    if not error:
        return state
    ended = moment.now if isinstance(task.on_failure, LogOnly) else None
    return replace(state, ended=ended, failed=state.failed or moment.now, error=error)


def _late(task: Task, state: TaskState, run: Run, now: datetime) -> str:
    until = _until(task, state, run)
    return "timeout" if until is not None and now >= until else ""


def _until(task: Task, state: TaskState, run: Run) -> datetime | None:
    given = task.timeout(run) if callable(task.timeout) else task.timeout
    return None if given is None else state.started + given


def _is_fatal(task: Task, state: TaskState, now: datetime) -> bool:
    if state.failed is None or state.ended is not None:
        return False
    if isinstance(task.on_failure, Abort):
        return True
    return isinstance(task.on_failure, Pause) and now >= state.failed + task.on_failure.duration


def _news(
    id: str, old: Mapping[str, TaskState], new: Mapping[str, TaskState]
) -> tuple[tuple[OperationEvent, ...], tuple[str, ...]]:
    ended = [name for name, state in new.items() if state.ended and not old[name].ended]
    events = tuple(TaskEvent(id, name, Action.STOP) for name in ended)
    return events, tuple(f"task {name}: {new[name].error}" for name in ended if new[name].error)
