"""What every State does, by example and against a model; over memory, and memory over disk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.cosi.specs import Number

from ichor.cosi.disk import Disk
from ichor.cosi.memory import Memory
from ichor.cosi.query import Operator, Query, Term, absent, equal, exists, one_of, where
from ichor.cosi.resource import Key, Phase, Resource, key_of, kind_of, resource
from ichor.cosi.state import (
    AlreadyExists,
    Event,
    EventType,
    OwnerConflict,
    PendingFinalizers,
    PhaseConflict,
    State,
    VersionConflict,
    Watch,
)
from ichor.errors import Conflict, InputError, NotFound
from ichor.testing.engine import START, FakeTime

KIND = kind_of(Number)
A = key_of(Number, "a")
time = FakeTime()


@pytest.fixture(params=["memory", "disk"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    memory = Memory(time.now)
    if request.param == "memory":
        yield memory
        return
    disk = Disk(tmp_path / "state.db", {KIND: Number})
    memory.attach(disk)
    yield memory
    assert {item.key: item for item in disk.load()} == {i.key: i for i in memory.list(KIND)}
    disk.close()


def number(id: str = "a", value: int = 0, **labels: str) -> Resource[Number]:
    return resource(Number(value=value), id, labels=labels)


def watched(state: State, watch: Watch) -> list[Event]:
    events: list[Event] = []
    state.watch(watch, events.append)
    return events


def told(events: list[Event]) -> list[tuple[EventType, str]]:
    return [(event.type, event.resource.id if event.resource else "") for event in events]


def test_a_new_resource_is_version_1_and_stamped(state: State) -> None:
    made = state.create(replace(number(), metadata=replace(number().metadata, version=7)), "me")
    assert made.metadata.version == 1
    assert made.metadata.owner == "me"
    assert made.metadata.created == made.metadata.updated == START
    assert state.get(A) == made


def test_a_name_is_taken_once(state: State) -> None:
    state.create(number())
    with pytest.raises(AlreadyExists):
        state.create(number())


def test_what_is_absent_is_not_found(state: State) -> None:
    assert state.find(A) is None
    for call in (state.get, state.teardown, state.destroy, state.add_finalizer):
        with pytest.raises(NotFound):
            call(A)


def test_an_update_counts_and_needs_the_present_version(state: State) -> None:
    first = state.create(number())
    second = state.update(replace(first, spec=Number(value=1)))
    assert second.metadata.version == 2
    with pytest.raises(VersionConflict):
        state.update(replace(first, spec=Number(value=2)))


def test_only_the_owner_changes_a_resource(state: State) -> None:
    made = state.create(number(), "me")
    for attempt in (
        lambda: state.update(made, "you"),
        lambda: state.teardown(A, "you"),
        lambda: state.destroy(A),
    ):
        with pytest.raises(OwnerConflict):
            attempt()


def test_a_resource_goes_when_its_last_finalizer_is_gone(state: State) -> None:
    state.create(number())
    state.add_finalizer(A, "x", "y")
    assert state.teardown(A) is False
    with pytest.raises(PhaseConflict):
        state.add_finalizer(A, "z")
    with pytest.raises(PendingFinalizers):
        state.destroy(A)
    state.remove_finalizer(A, "x", "y")
    assert state.teardown(A) is True
    state.destroy(A)
    assert state.find(A) is None


def test_a_torn_down_resource_is_updated_only_by_who_expects_it(state: State) -> None:
    state.create(number())
    state.teardown(A)
    ending = state.get(A)
    with pytest.raises(PhaseConflict):
        state.update(ending)
    assert state.update(ending, expected=None).metadata.phase is Phase.TEARING_DOWN
    running = replace(state.get(A), metadata=replace(state.get(A).metadata, phase=Phase.RUNNING))
    with pytest.raises(PhaseConflict):
        state.update(running, expected=Phase.TEARING_DOWN)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        pytest.param(Query(), "abc", id="anything"),
        pytest.param(where(equal("n", "2")), "b", id="equal"),
        pytest.param(where(one_of("n", "2", "10")), "bc", id="in"),
        pytest.param(where(exists("n")), "bc", id="exists"),
        pytest.param(where(absent("n")), "a", id="absent"),
        pytest.param(where(Term("n", Operator.EQUAL, ("2",), True)), "ac", id="not-equal"),
        pytest.param(where(Term("n", Operator.LT, ("2",))), "c", id="lt-is-of-text"),
        pytest.param(where(Term("n", Operator.LTE, ("2",))), "bc", id="lte"),
        pytest.param(where(Term("n", Operator.LT_NUMERIC, ("10",))), "b", id="lt-numeric"),
        pytest.param(where(Term("n", Operator.LTE_NUMERIC, ("10",))), "bc", id="lte-numeric"),
        pytest.param(where(Term("x", Operator.LT_NUMERIC, ("10",))), "", id="no-number"),
        pytest.param(where(exists("n"), exists("x")), "c", id="and"),
        pytest.param(Query(labels=((equal("n", "2"),), (absent("n"),))), "ab", id="or-of-queries"),
        pytest.param(where(ids="[bc]"), "bc", id="expression"),
        pytest.param(where(exists("x"), ids="^[ab]$"), "", id="expression-and-labels"),
    ],
)
def test_queries_select(state: State, query: Query, ids: str) -> None:
    state.create(number("c", n="10", x="y"))
    state.create(number("b", n="2"))
    state.create(number("a"))
    assert [item.id for item in state.list(KIND, query)] == list(ids)


def test_a_bad_expression_is_the_askers_fault(state: State) -> None:
    state.create(number())
    with pytest.raises(InputError):
        state.list(KIND, where(ids="("))


def test_a_watch_tells_changes_after_it_began(state: State) -> None:
    state.create(number("old"))
    events = watched(state, Watch(kind=KIND))
    made = state.create(number())
    state.update(replace(made, spec=Number(value=2)))
    state.destroy(A)
    assert told(events) == [
        (EventType.CREATED, "a"),
        (EventType.UPDATED, "a"),
        (EventType.DESTROYED, "a"),
    ]
    assert events[1].old == made


def test_a_watch_may_begin_with_the_contents(state: State) -> None:
    state.create(number("b"))
    state.create(number("a"))
    events = watched(state, Watch(kind=KIND, bootstrap=True))
    assert told(events) == [
        (EventType.CREATED, "a"),
        (EventType.CREATED, "b"),
        (EventType.BOOTSTRAPPED, ""),
    ]


def test_a_watch_of_one_id_begins_with_how_it_stands(state: State) -> None:
    events = watched(state, Watch(kind=KIND, id="a"))
    state.create(number("a"))
    state.create(number("b"))
    later = watched(state, Watch(kind=KIND, id="a"))
    assert told(events) == [(EventType.DESTROYED, ""), (EventType.CREATED, "a")]
    assert told(later) == [(EventType.CREATED, "a")]


def test_what_comes_to_match_is_created_and_what_ceases_to_is_destroyed(state: State) -> None:
    events = watched(state, Watch(kind=KIND, query=where(exists("x"))))
    made = state.create(number())
    labelled = replace(made, metadata=replace(made.metadata, labels={"x": ""}))
    made = state.update(labelled)
    made = state.update(made)
    state.update(replace(made, metadata=replace(made.metadata, labels={})))
    assert [event.type for event in events] == [
        EventType.CREATED,
        EventType.UPDATED,
        EventType.DESTROYED,
    ]


def test_a_tail_begins_with_the_last_events(state: State) -> None:
    for id in "abc":
        state.create(number(id))
    assert told(watched(state, Watch(kind=KIND, tail=2))) == [
        (EventType.CREATED, "b"),
        (EventType.CREATED, "c"),
    ]


def test_a_bookmark_resumes_where_it_was_taken(state: State) -> None:
    state.create(number("a"))
    first = watched(state, Watch(kind=KIND, bootstrap_bookmark=True))
    assert [event.type for event in first] == [EventType.NOOP]
    state.create(number("b"))
    resumed = watched(state, Watch(kind=KIND, resume=first[0].bookmark))
    state.create(number("c"))
    assert [event.resource for event in resumed] == [event.resource for event in first[1:]]


def test_a_bookmark_that_is_too_old_or_foreign_is_refused(state: State) -> None:
    first = watched(state, Watch(kind=KIND, bootstrap_bookmark=True))[0]
    for i in range(100):
        state.create(number(f"n{i}"))
    for bookmark in (first.bookmark, b"rubbish", bytes([255]) * 16):
        with pytest.raises(InputError):
            state.watch(Watch(kind=KIND, resume=bookmark), print)


def test_a_cancelled_watch_hears_no_more(state: State) -> None:
    events: list[Event] = []
    cancel = state.watch(Watch(kind=KIND), events.append)
    cancel()
    state.create(number())
    assert events == []


Step = tuple[str, str, int, str]
steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "update", "stale", "teardown", "destroy", "hold", "drop"]),
        st.sampled_from("ab"),
        st.integers(0, 3),
        st.sampled_from(["", "me"]),
    ),
    max_size=30,
)


class Model:
    """The store as one would explain it: id -> [value, version, owner, ending, finalizers]."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, int, str, bool, frozenset[str]]] = {}

    def do(self, step: Step) -> bool:
        """Give whether the step is allowed, and take it if so."""
        verb, id, value, owner = step
        if verb == "create":
            if id in self.rows:
                return False
            self.rows[id] = (value, 1, owner, False, frozenset())
            return True
        if id not in self.rows:
            return False
        return self._change(verb, id, value, owner)

    def _change(self, verb: str, id: str, value: int, owner: str) -> bool:
        old, version, owned, ending, names = self.rows[id]
        if verb in {"hold", "drop"}:
            if verb == "hold" and ending:
                return False
            new = names | {"f"} if verb == "hold" else names - {"f"}
            self.rows[id] = (old, version + (new != names), owned, ending, new)
            return True
        if owner != owned or verb == "stale" or (verb == "update" and ending):
            return False
        if verb == "update":
            self.rows[id] = (value, version + 1, owned, ending, names)
        elif verb == "teardown":
            self.rows[id] = (old, version + (not ending), owned, True, names)
        elif names:
            return False
        else:
            del self.rows[id]
        return True


def take(state: State, step: Step) -> bool:
    verb, id, value, owner = step
    key = Key(*KIND, id)
    try:
        if verb == "create":
            state.create(number(id, value), owner)
        elif verb in {"update", "stale"}:
            current = state.get(key)
            version = current.metadata.version - (verb == "stale")
            metadata = replace(current.metadata, version=version)
            state.update(replace(current, spec=Number(value=value), metadata=metadata), owner)
        elif verb == "teardown":
            state.teardown(key, owner)
        elif verb == "destroy":
            state.destroy(key, owner)
        elif verb == "hold":
            state.add_finalizer(key, "f")
        else:
            state.remove_finalizer(key, "f")
    except (Conflict, NotFound):
        return False
    return True


@given(steps)
def test_any_sequence_of_calls_does_what_the_model_does(steps: list[Step]) -> None:
    state, model = Memory(time.now), Model()
    mirror: dict[str, object] = {}

    def follow(event: Event) -> None:
        assert event.resource is not None
        if event.type is EventType.DESTROYED:
            del mirror[event.resource.id]
        else:
            mirror[event.resource.id] = event.resource

    state.watch(Watch(kind=KIND), follow)
    for step in steps:
        assert take(state, step) is model.do(step), step
    rows = {}
    for item in state.list(KIND):
        meta = item.metadata
        assert isinstance(item.spec, Number)
        ending = meta.phase is Phase.TEARING_DOWN
        rows[item.id] = (
            item.spec.value,
            meta.version,
            meta.owner,
            ending,
            frozenset(meta.finalizers),
        )
    assert rows == model.rows
    assert mirror == {item.id: item for item in state.list(KIND)}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_what_is_on_disk_is_what_is_in_memory(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    disk = Disk(tmp_path_factory.mktemp("disk") / "state.db", {KIND: Number})
    state = Memory(time.now)
    state.attach(disk)
    for step in steps:
        take(state, step)
    again = Memory(time.now)
    again.attach(disk)
    assert again.list(KIND) == state.list(KIND)
    disk.close()


def test_updated_moves_with_the_clock_and_created_does_not() -> None:
    clock = FakeTime()
    state = Memory(clock.now)
    made = state.create(number())
    clock.advance(timedelta(seconds=5))
    changed = state.update(made)
    assert changed.metadata.created == START
    assert changed.metadata.updated == START + timedelta(seconds=5)
