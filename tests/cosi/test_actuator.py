"""Actuators and Sources in the engine, over ports that are small simulations."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated

import pytest
from msgspec import Struct
from tests.cosi.specs import Number, Text

from ichor.cosi.controller import Actuator, All, Get, Out, Source
from ichor.cosi.failures import ControllerStatus
from ichor.cosi.resource import Resource
from ichor.errors import TransientError
from ichor.testing.engine import Feed, Gate, World


class Mount(Struct, frozen=True):
    id: str
    value: int


class Unmount(Struct, frozen=True):
    id: str


Action = Mount | Unmount
Observed = Mapping[str, int]


class Table:
    """A world of numbers by id; `broken` refuses, `stuck` ignores."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.broken: Exception | None = None
        self.stuck = False
        self.applied: list[Action] = []

    def observe(self) -> Observed:
        return dict(self.rows)

    def apply(self, action: Action) -> None:
        if self.broken is not None:
            raise self.broken
        self.applied.append(action)
        if self.stuck:
            return
        if isinstance(action, Mount):
            self.rows[action.id] = action.value
        else:
            del self.rows[action.id]


class Inputs(Struct, frozen=True, kw_only=True):
    numbers: Annotated[Sequence[Resource[Number]], All(strong=True)] = ()


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    wanted = {number.id: number.spec.value for number in inputs.numbers}
    for id in sorted(observed.keys() - wanted.keys()):
        yield Unmount(id)
    for id, value in wanted.items():
        if observed.get(id) != value:
            yield Mount(id, value)


def report(inputs: Inputs, observed: Observed) -> Iterator[tuple[str, Text]]:
    for id, value in observed.items():
        yield id, Text(text=str(value))


def table_apply(table: Table) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="test.Table",
        inputs=Inputs,
        observe=table.observe,
        plan=plan,
        apply=table.apply,
        outputs=[Out(Text)],
        report=report,
        resync=timedelta(minutes=1),
    )


def test_the_world_becomes_what_is_wanted_and_the_status_is_what_is_seen() -> None:
    table = Table()
    table.rows["stray"] = 9
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    assert table.rows == {"a": 1}
    assert world.specs(Text) == {"a": Text(text="1")}


def test_what_already_holds_is_left_alone() -> None:
    table = Table()
    table.rows["a"] = 1
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    assert table.applied == []


def test_a_drift_is_repaired_at_the_next_resync() -> None:
    table = Table()
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    table.rows["a"] = 5
    world.advance(timedelta(seconds=59))
    assert table.rows == {"a": 5}
    world.advance(timedelta(seconds=1))
    assert table.rows == {"a": 1}


def test_a_strong_input_stays_until_the_world_has_let_go_of_it() -> None:
    table = Table()
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    table.broken = OSError(16, "busy")
    assert not world.remove(Number, "a")
    world.settle()
    found = world.get(Number, "a")
    assert found is not None
    assert found.metadata.finalizers == ("test.Table",)
    assert table.rows == {"a": 1}
    table.broken = None
    world.advance(timedelta(seconds=1))
    found = world.get(Number, "a")
    assert found is not None
    assert found.metadata.finalizers == ()
    assert table.rows == {}


def test_a_failing_port_is_shown_and_tried_again() -> None:
    table = Table()
    table.broken = TransientError("away", retry_after=timedelta(seconds=10))
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    status = world.spec(ControllerStatus, "test.Table")
    assert status is not None
    assert status.error == "away"
    table.broken = None
    world.advance(timedelta(seconds=9))
    assert table.rows == {}
    world.advance(timedelta(seconds=1))
    assert table.rows == {"a": 1}
    assert world.specs(ControllerStatus) == {}


def test_a_plan_that_applying_does_not_empty_is_a_failure() -> None:
    table = Table()
    table.stuck = True
    world = World([table_apply(table)])
    world.put(Number(value=1), "a")
    world.settle()
    status = world.spec(ControllerStatus, "test.Table")
    assert status is not None
    assert status.error == "still planned after applying: Mount"
    assert len(table.applied) == 1


@pytest.mark.parametrize("apart", [True, False])
def test_one_refused_action_holds_up_those_behind_it_unless_they_are_apart(*, apart: bool) -> None:
    table = Table()

    def apply(action: Action) -> None:
        if action.id == "a":
            raise OSError(22, "Invalid argument")
        table.apply(action)

    refusing = Actuator(
        name="test.Table",
        inputs=Inputs,
        observe=table.observe,
        plan=plan,
        apply=apply,
        apart=apart,
    )
    world = World([refusing])
    for id in ("a", "b"):
        world.put(Number(value=1), id)
    world.settle()
    assert table.rows == ({"b": 1} if apart else {})
    status = world.spec(ControllerStatus, "test.Table")
    assert status is not None
    assert "Invalid argument" in status.error


def test_a_change_during_a_slow_action_is_acted_upon_after_it() -> None:
    gate = Gate()
    table = Table()

    async def apply(action: Action) -> None:
        await gate.passed()
        table.apply(action)

    slow = Actuator(name="slow", inputs=Inputs, observe=table.observe, plan=plan, apply=apply)
    world = World([slow])
    world.put(Number(value=1), "a")
    world.settle()
    world.put(Number(value=2), "a")
    world.settle()
    assert table.rows == {}
    gate.is_open = True
    world.settle()
    assert table.rows == {"a": 2}
    assert [action.value for action in table.applied if isinstance(action, Mount)] == [1, 2]


def test_a_port_that_says_something_changed_wakes_its_actuator() -> None:
    table = Table()
    wakes: Feed[None] = Feed()
    woken = Actuator(
        name="woken",
        inputs=Inputs,
        observe=table.observe,
        plan=plan,
        apply=table.apply,
        wakes=wakes,
    )
    world = World([woken])
    world.put(Number(value=1), "a")
    world.settle()
    table.rows.clear()
    world.settle()
    assert table.rows == {}
    wakes.push(None)
    world.settle()
    assert table.rows == {"a": 1}


def test_a_snapshot_replaces_the_one_before_and_a_broken_stream_begins_again() -> None:
    feed: Feed[Mapping[str, int]] = Feed({"a": 1, "b": 2})

    def reconcile(snapshot: Mapping[str, int]) -> Iterator[tuple[str, Number]]:
        for id, value in snapshot.items():
            yield id, Number(value=value)

    source = Source(name="s", outputs=[Out(Number)], snapshots=feed, reconcile=reconcile)
    world = World([source])
    world.settle()
    assert world.specs(Number) == {"a": Number(value=1), "b": Number(value=2)}
    feed.push(OSError(5, "gone"))
    world.settle()
    assert set(world.specs(ControllerStatus)) == {"s"}
    feed.push({"b": 3})
    world.advance(timedelta(seconds=1))
    assert world.specs(Number) == {"b": Number(value=3)}
    assert world.specs(ControllerStatus) == {}


def test_a_strong_get_of_an_actuator_must_be_optional() -> None:
    class Needs(Struct, frozen=True, kw_only=True):
        number: Annotated[Number, Get("in", "a", strong=True)]

    def nothing(inputs: Needs, observed: Observed) -> Iterator[Action]:
        yield from ()

    table = Table()
    with pytest.raises(TypeError, match="optional"):
        World(
            [
                Actuator(
                    name="n",
                    inputs=Needs,
                    observe=table.observe,
                    plan=nothing,
                    apply=table.apply,
                )
            ]
        )
