"""Operations: phases in order, tasks at once, limits, failures, exclusion, restarts."""

from datetime import timedelta

from tests.cosi.specs import Number, Text

from ichor.cosi.controller import Out
from ichor.cosi.operation import (
    Action,
    Code,
    Operation,
    OperationEvent,
    OperationStatus,
    PhaseEvent,
    SequenceEvent,
    State,
    TaskEvent,
)
from ichor.cosi.sequence import (
    Abort,
    Condition,
    Failed,
    Guard,
    LogOnly,
    OnFailure,
    Pause,
    Phase,
    Request,
    Run,
    Sequence,
    Task,
    Verdict,
    View,
    include,
)
from ichor.cosi.sequencer import StoreJournal, sequencer
from ichor.testing.engine import World


def task(
    name: str,
    *,
    on_failure: OnFailure | None = None,
    timeout: timedelta | None = None,
    when: tuple[Guard, ...] = (),
    lasting: bool = False,
) -> Task:
    """A task that asks by a Number of its name and is over when a Text of its name says so."""

    def answered(view: View, run: Run) -> Verdict:
        text = view.get(Text, name)
        if text is not None and text.spec.text.startswith("error"):
            return Failed(text.spec.text)
        return text is not None and text.spec.text == "done"

    return Task(
        name=name,
        request=Request(Out(Number), lambda run: (name, Number(value=len(run.parameters)))),
        until=Condition((Out(Text),), answered),
        when=when,
        timeout=timeout,
        on_failure=on_failure or Abort(),
        lasting=lasting,
    )


def sequence(name: str, *phases: tuple[Task, ...], **settings: object) -> Sequence:
    made = tuple(Phase(f"phase{i}", tasks) for i, tasks in enumerate(phases))
    return Sequence(name=name, phases=made, **settings)  # type: ignore[arg-type]  # tests only


class Machine(World):
    def __init__(self, *sequences: Sequence, life: str = "1", before: World | None = None) -> None:
        self.told: list[OperationEvent] = []
        world = before or World()
        journal = StoreJournal(world.state, self.told.append)
        super().__init__([sequencer(sequences, journal, life)], state=world.state, time=world.time)

    def ask(self, name: str, actor: str, **settings: bool) -> None:
        self.put(Operation(sequence=name, takeover=settings.get("takeover", False)), actor)
        self.settle()

    def answer(self, name: str, text: str = "done") -> None:
        self.put(Text(text=text), name)
        self.settle()

    def status(self, actor: str) -> OperationStatus:
        found = self.spec(OperationStatus, actor)
        assert found is not None
        return found

    @property
    def requested(self) -> set[str]:
        return set(self.specs(Number))


def test_phases_run_in_order_and_their_tasks_at_once() -> None:
    machine = Machine(sequence("boot", (task("a"), task("b")), (task("c"),)))
    machine.ask("boot", "id")
    assert machine.requested == {"a", "b"}
    machine.answer("b")
    assert machine.requested == {"a", "b"}
    machine.answer("a")
    assert machine.requested == {"c"}
    machine.answer("c")
    assert machine.requested == set()
    assert machine.status("id").state is State.DONE


def test_events_tell_the_story_with_the_actor() -> None:
    machine = Machine(sequence("boot", (task("a"),), (task("b"),)))
    machine.ask("boot", "id")
    machine.answer("a")
    machine.answer("b")
    start, stop = Action.START, Action.STOP
    assert machine.told == [
        SequenceEvent("id", "boot", start),
        PhaseEvent("id", "phase0", start),
        TaskEvent("id", "a", start),
        TaskEvent("id", "a", stop),
        PhaseEvent("id", "phase0", stop),
        PhaseEvent("id", "phase1", start),
        TaskEvent("id", "b", start),
        TaskEvent("id", "b", stop),
        PhaseEvent("id", "phase1", stop),
        SequenceEvent("id", "boot", stop),
    ]


def test_a_task_whose_guard_does_not_hold_is_no_part_of_it() -> None:
    def is_installed(view: View, run: Run) -> bool:
        return view.get(Text, "installed") is not None

    guard = Guard((Out(Text),), is_installed)
    boot = sequence("boot", (task("a", when=(guard,)),), (task("b"),))
    machine = Machine(boot)
    machine.ask("boot", "id")
    assert machine.requested == {"b"}
    machine = Machine(boot)
    machine.answer("installed")
    machine.ask("boot", "id")
    assert machine.requested == {"a"}


def test_a_failure_ends_the_operation() -> None:
    machine = Machine(sequence("boot", (task("a"),), (task("b"),)))
    machine.ask("boot", "id")
    machine.answer("a", "error: no disk")
    status = machine.status("id")
    assert (status.state, status.error) == (State.FAILED, "task a: error: no disk")
    assert machine.told[-1] == SequenceEvent("id", "boot", Action.NOOP, Code.FATAL, status.error)
    assert machine.requested == set()


def test_a_failure_may_be_noted_only() -> None:
    machine = Machine(sequence("reset", (task("a", on_failure=LogOnly()),), (task("b"),)))
    machine.ask("reset", "id")
    machine.answer("a", "error: away")
    assert machine.requested == {"b"}
    assert machine.status("id").notes == ("task a: error: away",)


def test_a_failure_may_pause_until_it_is_mended_or_time_is_up() -> None:
    rule = Pause(timedelta(minutes=35))
    for mended in (True, False):
        machine = Machine(sequence("boot", (task("a", on_failure=rule),), (task("b"),)))
        machine.ask("boot", "id")
        machine.answer("a", "error: bad disk")
        machine.advance(timedelta(minutes=34))
        assert machine.status("id").is_running
        if mended:
            machine.answer("a")
            assert machine.requested == {"b"}
        else:
            machine.advance(timedelta(minutes=1))
            assert machine.status("id").state is State.FAILED


def test_a_task_has_its_time_and_no_more() -> None:
    machine = Machine(sequence("boot", (task("a", timeout=timedelta(minutes=2)),)))
    machine.ask("boot", "id")
    machine.advance(timedelta(seconds=119))
    assert machine.status("id").is_running
    machine.advance(timedelta(seconds=1))
    assert machine.status("id").error == "task a: timeout"


def test_lasting_requests_stay_until_the_operation_goes() -> None:
    machine = Machine(sequence("boot", (task("mount", lasting=True),), (task("b"),)))
    machine.ask("boot", "id")
    machine.answer("mount")
    machine.answer("b")
    assert machine.status("id").state is State.DONE
    assert machine.requested == {"mount"}
    machine.remove(Operation, "id")
    machine.settle()
    assert machine.requested == set()
    assert machine.spec(OperationStatus, "id") is None


def test_one_operation_runs_and_others_are_refused() -> None:
    machine = Machine(sequence("boot", (task("a"),)), sequence("upgrade", (task("b"),)))
    machine.ask("boot", "first")
    machine.ask("upgrade", "second")
    assert machine.status("first").is_running
    assert machine.status("second").state is State.REFUSED
    expected = SequenceEvent("second", "upgrade", Action.NOOP, Code.LOCKED, "boot is running")
    assert machine.told[-1] == expected


def test_what_may_take_over_does_and_what_asks_to_does() -> None:
    reboot = sequence("reboot", (task("b"),), takes_over=frozenset({"boot"}))
    for name, takeover in (("reboot", False), ("shutdown", True)):
        machine = Machine(
            sequence("boot", (task("a"),)), reboot, sequence("shutdown", (task("c"),))
        )
        machine.ask("boot", "first")
        machine.ask(name, "second", takeover=takeover)
        assert machine.status("first").state is State.CANCELED
        assert machine.status("second").is_running
        assert machine.requested == {"b" if name == "reboot" else "c"}
        codes = [event.code for event in machine.told if isinstance(event, SequenceEvent)]
        assert codes == [None, Code.CANCELED, None]


def test_an_unknown_sequence_fails_and_says_so() -> None:
    machine = Machine(sequence("boot", (task("a"),)))
    machine.ask("dance", "id")
    assert machine.status("id").error == "no sequence 'dance'"


def test_a_withdrawn_operation_is_canceled_and_forgotten() -> None:
    machine = Machine(sequence("boot", (task("a"),)))
    machine.ask("boot", "id")
    machine.remove(Operation, "id")
    machine.settle()
    assert machine.requested == set()
    assert machine.spec(OperationStatus, "id") is None
    assert machine.told[-1] == SequenceEvent("id", "boot", Action.NOOP, Code.CANCELED, "withdrawn")


def test_after_a_restart_it_goes_on_or_is_canceled_as_its_sequence_says() -> None:
    for resumes in (True, False):
        boot = sequence("boot", (task("a"),), (task("b"),), resumes=resumes)
        first = Machine(boot)
        first.ask("boot", "id")
        first.answer("a")
        first.engine.close()
        second = Machine(boot, life="2", before=first)
        second.settle()
        if resumes:
            assert second.requested == {"b"}
            second.answer("b")
            assert second.status("id").state is State.DONE
        else:
            assert second.status("id").state is State.CANCELED
            assert second.requested == set()


def test_a_phase_that_another_version_does_not_have_is_not_resumed() -> None:
    first = Machine(sequence("boot", (task("a"),), (task("b"),), resumes=True))
    first.ask("boot", "id")
    first.answer("a")
    first.engine.close()
    second = Machine(sequence("boot", (task("a"),), resumes=True), life="2", before=first)
    second.settle()
    assert second.status("id").state is State.CANCELED


def test_included_phases_take_the_guards_and_rule_of_where_they_are_included() -> None:
    never = Guard((), lambda view, run: False)
    stop = (Phase("stop", (task("s"),)),)
    skipped = Sequence(name="x", phases=(*include(stop, never), Phase("p", (task("a"),))))
    machine = Machine(skipped)
    machine.ask("x", "id")
    assert machine.requested == {"a"}
    noted = Sequence(name="x", phases=(*include(stop, on_failure=LogOnly()),))
    machine = Machine(noted)
    machine.ask("x", "id")
    machine.answer("s", "error")
    assert machine.status("id").state is State.DONE


def test_a_sequence_of_many_phases_without_requests_runs_through_at_once() -> None:
    quick = Task(name="q", until=Condition((), lambda view, run: True))
    machine = Machine(sequence("long", *((quick,),) * 100))
    machine.ask("long", "id")
    assert machine.status("id").state is State.DONE
