"""The sequencer: operations carried out one at a time, as an Actuator whose world is a journal.

    Operations, what conditions read ─► plan ─► Advance ─► the journal (OperationStatuses), events
                                             └► report ─► the requests of the present phase

Exclusion: one operation runs. Another is refused, unless its sequence may take over the running
one or it asks to. After a restart a running operation goes on with its phase if its sequence says
so, else it is canceled: the journal says which life it began in.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Items
from datetime import datetime
from typing import Annotated, Protocol, cast

from msgspec import Struct, defstruct
from msgspec.structs import replace

from ichor.cosi.controller import Actuator, All, Clock, WakeAt, Yield
from ichor.cosi.operation import (
    Action,
    Operation,
    OperationEvent,
    OperationStatus,
    SequenceEvent,
    TaskState,
)
from ichor.cosi.operation import State as Stage
from ichor.cosi.progress import Advance, Moment, advance, deadlines, enter, finished, requests
from ichor.cosi.resource import Kind, Resource, key_of, resource
from ichor.cosi.sequence import Sequence, View, reads, writes
from ichor.cosi.state import AnyResource, State, find_all

NAME = "Sequencer"
Journal = Mapping[str, OperationStatus]
Publish = Callable[[OperationEvent], None]


class Asked(Struct, frozen=True, kw_only=True):
    """The part of the inputs that every sequencer has; one field per declared kind is added."""

    operations: Annotated[tuple[Resource[Operation], ...], All()] = ()
    journal: Annotated[tuple[Resource[OperationStatus], ...], All()] = ()
    now: Annotated[datetime, Clock()]


class JournalPort(Protocol):
    def read(self) -> Journal: ...
    def write(self, step: Advance) -> None: ...


class StoreJournal:
    """The journal in the store, told to `publish` as it is written."""

    def __init__(self, state: State, publish: Publish) -> None:
        self._state = state
        self._publish = publish

    def read(self) -> Journal:
        return {item.id: item.spec for item in find_all(self._state, OperationStatus)}

    def write(self, step: Advance) -> None:
        key = key_of(OperationStatus, step.id)
        current = self._state.find(key)
        if step.status is None:
            if current is not None:
                self._state.destroy(key, NAME)
        elif current is None:
            self._state.create(resource(step.status, step.id), NAME)
        else:
            self._state.update(Resource(metadata=current.metadata, spec=step.status), NAME)
        for event in step.events:
            self._publish(event)


def journal_model(observed: Journal, step: Advance) -> Journal:
    """The journal without a store: for plans and tests."""
    rest = {id: status for id, status in observed.items() if id != step.id}
    return rest if step.status is None else {**rest, step.id: step.status}


class Sequencer:
    """The pure part: sequences by name, and the life of this run."""

    def __init__(self, sequences: Items[Sequence], life: str) -> None:
        self._sequences = {sequence.name: sequence for sequence in sequences}
        self._life = life
        self._fields = {f"input_{i}": out for i, out in enumerate(reads(sequences))}

    def inputs(self) -> type[Asked]:
        """Make the struct that declares what the sequences read."""
        fields = [
            (name, Annotated[tuple[AnyResource, ...], All(out.namespace, spec=out.spec)], ())
            for name, out in self._fields.items()
        ]
        made = defstruct("Inputs", fields, bases=(Asked,), frozen=True, kw_only=True)
        return cast("type[Asked]", made)

    def plan(self, inputs: Asked, observed: Journal) -> Iterator[Advance]:
        """Yield steps until there is nothing to do but wait."""
        moment = Moment(self._view(inputs), inputs.now)
        operations = sorted(inputs.operations, key=lambda one: (one.metadata.created, one.id))
        journal = observed
        while (step := self._step(operations, journal, moment)) is not None:
            yield step
            journal = journal_model(journal, step)

    def report(self, inputs: Asked, observed: Journal) -> Iterator[Yield]:
        """Yield the requests of what runs and what lasts; a later operation's wish stands."""
        wishes = {}
        for id, status in sorted(observed.items(), key=lambda one: one[1].started):
            sequence = self._sequences.get(status.sequence)
            if sequence is None or status.phase < 0:
                continue
            for wish in requests(id, status, sequence):
                wishes[wish.namespace, wish.spec.definition.type, wish.id] = wish
            if status.is_running:
                yield from map(WakeAt, deadlines(id, status, sequence))
        yield from wishes.values()

    def _view(self, inputs: Asked) -> View:
        found: dict[Kind, Items[AnyResource]] = {
            out.kind: getattr(inputs, name) for name, out in self._fields.items()
        }
        return View(found)

    def _step(
        self, operations: Items[Resource[Operation]], journal: Journal, moment: Moment
    ) -> Advance | None:
        running = [id for id, status in sorted(journal.items()) if status.is_running]
        asked = {operation.id for operation in operations}
        for id in sorted(journal.keys() - asked):
            if id in running:
                return finished(id, journal[id], Stage.CANCELED, moment.now, "withdrawn")
            return Advance(id, None)
        for id in running:
            if journal[id].life != self._life:
                return self._after_restart(id, journal[id], moment.now)
        for operation in operations:
            if operation.id not in journal:
                return self._admit(operation, running, journal, moment)
        for id in running:
            return advance(id, journal[id], self._sequences[journal[id].sequence], moment)
        return None

    def _after_restart(self, id: str, status: OperationStatus, now: datetime) -> Advance:
        sequence = self._sequences.get(status.sequence)
        if sequence is None or not sequence.resumes or not _fits(status, sequence):
            return finished(id, status, Stage.CANCELED, now, "interrupted by a restart")
        tasks = {
            name: state if state.ended else TaskState(started=now)
            for name, state in status.tasks.items()
        }
        return Advance(id, replace(status, life=self._life, tasks=tasks))

    def _admit(
        self,
        operation: Resource[Operation],
        running: Items[str],
        journal: Journal,
        moment: Moment,
    ) -> Advance:
        """Begin a new operation, after ending what it takes over; or refuse it."""
        spec, id, now = operation.spec, operation.id, moment.now
        status = OperationStatus(
            sequence=spec.sequence, parameters=spec.parameters, life=self._life, started=now
        )
        sequence = self._sequences.get(spec.sequence)
        if sequence is None:
            return finished(id, status, Stage.FAILED, now, f"no sequence {spec.sequence!r}")
        for other in running:
            theirs = journal[other]
            if not (spec.takeover or theirs.sequence in sequence.takes_over):
                return finished(id, status, Stage.REFUSED, now, f"{theirs.sequence} is running")
            reason = f"taken over by {spec.sequence}"
            return finished(other, theirs, Stage.CANCELED, now, reason)
        first = enter(id, status, sequence, 0, moment)
        start = SequenceEvent(id, spec.sequence, Action.START)
        return Advance(id, first.status, (start, *first.events))


def sequencer(
    sequences: Items[Sequence], journal: JournalPort, life: str
) -> Actuator[Asked, Journal, Advance]:
    """Make the one sequencer. life: differs between runs of the system, as a boot id does."""
    pure = Sequencer(sequences, life)
    return Actuator(
        name=NAME,
        inputs=pure.inputs(),
        outputs=writes(sequences),
        observe=journal.read,
        plan=pure.plan,
        apply=journal.write,
        report=pure.report,
    )


def _fits(status: OperationStatus, sequence: Sequence) -> bool:
    """Whether the phase is still what it was: a restart may bring another version of us."""
    names = [phase.name for phase in sequence.phases]
    return names[status.phase : status.phase + 1] == [status.phase_name]
