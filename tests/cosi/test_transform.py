"""Transforms in the engine: what the store holds after settling."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import pytest
from msgspec import Struct
from tests.cosi.specs import Number, Text, Total

from ichor.cosi.controller import All, Clock, Each, Get, Out, Output, Transform, WakeAt, Yield
from ichor.cosi.failures import ControllerStatus
from ichor.cosi.query import equal
from ichor.cosi.resource import Resource, key_of
from ichor.cosi.state import EventType
from ichor.errors import InputError, TransientError
from ichor.testing.engine import START, World


class Numbers(Struct, frozen=True, kw_only=True):
    numbers: Annotated[Sequence[Resource[Number]], All()] = ()


def add(inputs: Numbers) -> Iterator[tuple[str, Total]]:
    if inputs.numbers:
        values = [number.spec.value for number in inputs.numbers]
        yield "sum", Total(value=sum(values), parts=len(values))


total = Transform(name="test.Total", inputs=Numbers, outputs=[Out(Total)], reconcile=add)


class One(Struct, frozen=True, kw_only=True):
    number: Annotated[Resource[Number], Each()]


def spell(inputs: One) -> Iterator[tuple[str, Text]]:
    if inputs.number.spec.value < 0:
        raise InputError("below zero")
    yield f"text-{inputs.number.id}", Text(text=str(inputs.number.spec.value))


text = Transform(name="test.Text", inputs=One, outputs=[Out(Text)], reconcile=spell)


def test_outputs_follow_inputs() -> None:
    world = World([total])
    world.settle()
    assert world.specs(Total) == {}
    world.put(Number(value=2), "a")
    world.put(Number(value=3), "b")
    world.settle()
    assert world.spec(Total, "sum") == Total(value=5, parts=2)
    world.remove(Number, "a")
    world.settle()
    assert world.spec(Total, "sum") == Total(value=3, parts=1)
    world.remove(Number, "b")
    world.settle()
    assert world.specs(Total) == {}


def test_equal_outputs_are_left_untouched() -> None:
    world = World([total])
    world.put(Number(value=2), "a")
    world.put(Number(value=3), "b")
    world.settle()
    world.put(Number(value=3), "a")
    world.put(Number(value=2), "b")
    world.settle()
    found = world.get(Total, "sum")
    assert found is not None
    assert found.metadata.version == 1
    assert found.metadata.owner == "test.Total"


def test_each_runs_once_per_changed_item_however_many_there_are() -> None:
    world = World([text])
    for i in range(200):
        world.put(Number(value=i), f"n{i:03}")
    world.settle()
    assert len(world.specs(Text)) == 200
    metrics = world.engine.metrics().controllers["test.Text"]
    before = metrics.runs
    world.put(Number(value=999), "n042")
    world.settle()
    assert metrics.runs == before + 1
    assert world.spec(Text, "text-n042") == Text(text="999")


def test_an_input_that_all_items_share_runs_them_all() -> None:
    class Scaled(Struct, frozen=True, kw_only=True):
        number: Annotated[Number, Each()]
        scale: Annotated[Total | None, Get(id="scale")]

    def reconcile(inputs: Scaled) -> Iterator[tuple[str, Text]]:
        factor = inputs.scale.value if inputs.scale else 1
        yield f"t{inputs.number.value}", Text(text=str(inputs.number.value * factor))

    scale = Transform(name="t", inputs=Scaled, outputs=[Out(Text)], reconcile=reconcile)
    world = World([scale])
    world.put(Number(value=1), "a")
    world.put(Number(value=2), "b")
    world.settle()
    world.put(Total(value=10), "scale")
    world.settle()
    assert world.specs(Text) == {"t1": Text(text="10"), "t2": Text(text="20")}


def test_outputs_of_an_item_go_with_it() -> None:
    world = World([text])
    world.put(Number(value=1), "a")
    world.put(Number(value=2), "b")
    world.settle()
    world.remove(Number, "a")
    world.settle()
    assert set(world.specs(Text)) == {"text-b"}


class ByValue(Struct, frozen=True, kw_only=True):
    number: Annotated[Resource[Number], Each()]


def by_value(inputs: ByValue) -> Iterator[tuple[str, Text]]:
    yield str(inputs.number.spec.value), Text(text=inputs.number.id)


named = Transform(name="test.Named", inputs=ByValue, outputs=[Out(Text)], reconcile=by_value)


def test_an_output_passes_from_an_item_that_goes_to_one_that_comes() -> None:
    world = World([named])
    world.put(Number(value=1), "old")
    world.settle()
    world.put(Number(value=1), "new")
    world.remove(Number, "old")
    world.settle()
    assert world.specs(Text) == {"1": Text(text="new")}
    assert world.specs(ControllerStatus) == {}


def test_an_output_passes_on_once_nobody_holds_the_old_one() -> None:
    world = World([named])
    world.put(Number(value=1), "old")
    world.settle()
    world.state.add_finalizer(key_of(Text, "1"), "someone")
    world.put(Number(value=1), "new")
    world.remove(Number, "old")
    world.settle()
    assert world.specs(Text) == {"1": Text(text="old")}
    world.state.remove_finalizer(key_of(Text, "1"), "someone")
    world.settle()
    assert world.specs(Text) == {"1": Text(text="new")}
    assert world.specs(ControllerStatus) == {}


def test_two_items_of_one_output_are_a_failure_until_one_goes() -> None:
    world = World([named])
    world.put(Number(value=1), "a")
    world.put(Number(value=1), "b")
    world.settle()
    assert set(world.specs(ControllerStatus)) == {"test.Named/b"}
    world.remove(Number, "a")
    world.settle()
    assert world.specs(Text) == {"1": Text(text="b")}
    assert world.specs(ControllerStatus) == {}


def test_a_failing_item_leaves_the_others_alone_and_its_own_outputs_as_they_were() -> None:
    world = World([text])
    world.put(Number(value=1), "a")
    world.settle()
    world.put(Number(value=-1), "a")
    world.put(Number(value=2), "b")
    world.settle()
    assert world.spec(Text, "text-a") == Text(text="1")
    assert world.spec(Text, "text-b") == Text(text="2")
    status = world.spec(ControllerStatus, "test.Text/a")
    assert status is not None
    assert status.error == "below zero"
    world.put(Number(value=4), "a")
    world.settle()
    assert world.spec(Text, "text-a") == Text(text="4")
    assert world.specs(ControllerStatus) == {}


def test_a_failure_is_logged_once_and_tried_again_with_growing_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World([text])
    world.put(Number(value=-1), "a")
    world.settle()
    metrics = world.engine.metrics().controllers["test.Text"]
    assert metrics.failures == 1
    world.advance(timedelta(minutes=10))
    assert 10 < metrics.failures < 30
    assert len(caplog.records) == 1


def test_a_pause_the_world_asked_for_is_kept_even_if_inputs_change() -> None:
    tries: list[int] = []

    def refuse(inputs: Numbers) -> Iterator[tuple[str, Total]]:
        tries.append(len(inputs.numbers))
        if tries:
            raise TransientError("busy", retry_after=timedelta(seconds=30))
        yield "sum", Total()

    world = World([Transform(name="t", inputs=Numbers, outputs=[Out(Total)], reconcile=refuse)])
    world.put(Number(), "a")
    world.settle()
    world.put(Number(), "b")
    world.settle()
    assert tries == [1]
    world.advance(timedelta(seconds=30))
    assert tries == [1, 2]


class Sides(Struct, frozen=True, kw_only=True):
    left: Annotated[Text | None, Get("left", "x")] = None
    right: Annotated[Text | None, Get("right", "x")] = None


def test_a_diamond_never_sees_one_side_without_the_other() -> None:
    def side(name: str) -> Transform[One]:
        def reconcile(inputs: One) -> Iterator[Output]:
            yield Output("x", Text(text=str(inputs.number.spec.value)), namespace=name)

        return Transform(
            name=f"test.{name}", inputs=One, outputs=[Out(Text, name)], reconcile=reconcile
        )

    seen: list[tuple[str, str]] = []

    def join(inputs: Sides) -> Iterator[tuple[str, Text]]:
        left, right = inputs.left, inputs.right
        seen.append((left.text if left else "", right.text if right else ""))
        yield "join", Text(text=seen[-1][0] + seen[-1][1])

    # Named so that by name alone the join would run between the two sides.
    joint = Transform(name="test.middle", inputs=Sides, outputs=[Out(Text)], reconcile=join)
    world = World([joint, side("right"), side("left")])
    for value in range(5):
        world.put(Number(value=value), "x")
        world.settle()
    assert seen == [(str(value), str(value)) for value in range(5)]


def test_a_required_input_that_is_missing_means_no_outputs() -> None:
    class Needs(Struct, frozen=True, kw_only=True):
        number: Annotated[Number, Get("in", "a")]

    def reconcile(inputs: Needs) -> Iterator[tuple[str, Text]]:
        yield "t", Text(text=str(inputs.number.value))

    world = World([Transform(name="t", inputs=Needs, outputs=[Out(Text)], reconcile=reconcile)])
    world.settle()
    world.put(Number(value=1), "a")
    world.settle()
    assert world.specs(Text) == {"t": Text(text="1")}
    world.remove(Number, "a")
    world.settle()
    assert world.specs(Text) == {}


def test_a_label_filter_hides_what_does_not_match() -> None:
    class Blue(Struct, frozen=True, kw_only=True):
        numbers: Annotated[Mapping[str, Number], All(where=(equal("colour", "blue"),))]

    def reconcile(inputs: Blue) -> Iterator[tuple[str, Total]]:
        yield ",".join(inputs.numbers) or "none", Total()

    world = World([Transform(name="t", inputs=Blue, outputs=[Out(Total)], reconcile=reconcile)])
    world.put(Number(), "a", labels={"colour": "blue"})
    world.put(Number(), "b", labels={"colour": "red"})
    world.settle()
    assert set(world.specs(Total)) == {"a"}
    world.put(Number(), "a", labels={"colour": "red"})
    world.settle()
    assert set(world.specs(Total)) == {"none"}


def test_time_is_an_input_and_wakes_at_the_time_that_was_asked_for() -> None:
    class Timed(Struct, frozen=True, kw_only=True):
        now: Annotated[datetime, Clock()]

    due = START + timedelta(hours=1)

    def reconcile(inputs: Timed) -> Iterator[Yield]:
        yield "state", Text(text="late" if inputs.now >= due else "early")
        if inputs.now < due:
            yield WakeAt(due)

    world = World([Transform(name="t", inputs=Timed, outputs=[Out(Text)], reconcile=reconcile)])
    world.advance(timedelta(minutes=59))
    assert world.spec(Text, "state") == Text(text="early")
    world.advance(timedelta(minutes=1))
    assert world.spec(Text, "state") == Text(text="late")
    assert world.engine.metrics().controllers["t"].runs == 2


def test_an_output_waits_for_its_finalizers_and_comes_back_when_it_is_gone() -> None:
    world = World([total])
    world.put(Number(value=1), "a")
    world.settle()
    key = key_of(Total, "sum")
    world.state.add_finalizer(key, "someone")
    world.remove(Number, "a")
    world.settle()
    found = world.get(Total, "sum")
    assert found is not None
    assert not found.is_running
    world.put(Number(value=7), "b")
    world.settle()
    assert world.spec(Total, "sum") == Total(value=1, parts=1)
    world.state.remove_finalizer(key, "someone")
    world.settle()
    assert world.spec(Total, "sum") == Total(value=7, parts=1)


def test_a_strong_input_stays_until_what_was_made_of_it_is_gone() -> None:
    class Strong(Struct, frozen=True, kw_only=True):
        number: Annotated[Resource[Number], Each(strong=True)]

    def reconcile(inputs: Strong) -> Iterator[tuple[str, Text]]:
        yield inputs.number.id, Text()

    world = World([Transform(name="t", inputs=Strong, outputs=[Out(Text)], reconcile=reconcile)])
    world.put(Number(), "a")
    world.settle()
    world.state.add_finalizer(key_of(Text, "a"), "mount")
    assert not world.remove(Number, "a")
    world.settle()
    found = world.get(Number, "a")
    assert found is not None
    assert found.metadata.finalizers == ("t",)
    world.state.remove_finalizer(key_of(Text, "a"), "mount")
    world.settle()
    found = world.get(Number, "a")
    assert found is not None
    assert found.metadata.finalizers == ()
    assert world.specs(Text) == {}


def test_what_an_earlier_engine_wrote_is_adopted_or_swept() -> None:
    first = World([text])
    first.put(Number(value=1), "a")
    first.put(Number(value=2), "b")
    first.settle()
    first.engine.close()
    first.remove(Number, "b")
    second = World([text], state=first.state, time=first.time)
    second.settle()
    assert set(second.specs(Text)) == {"text-a"}
    assert [event.type for event in second.events] == [
        EventType.UPDATED,
        EventType.DESTROYED,
    ]


def test_a_wake_up_that_is_over_wakes_nobody() -> None:
    class Timed(Struct, frozen=True, kw_only=True):
        now: Annotated[datetime, Clock()]

    def reconcile(inputs: Timed) -> Iterator[Yield]:
        yield WakeAt(START)
        yield WakeAt(START + timedelta(hours=1))

    world = World([Transform(name="t", inputs=Timed, outputs=[Out(Text)], reconcile=reconcile)])
    world.advance(timedelta(hours=3))
    assert world.engine.metrics().controllers["t"].runs == 2


def test_an_end_that_a_crash_left_half_way_is_finished() -> None:
    first = World([total])
    first.put(Number(value=1), "a")
    first.settle()
    first.engine.close()
    first.state.teardown(key_of(Total, "sum"), "test.Total")
    second = World([total], state=first.state, time=first.time)
    second.settle()
    found = second.get(Total, "sum")
    assert found is not None
    assert found.is_running


def test_two_controllers_do_not_share_an_id() -> None:
    other = Transform(name="test.Other", inputs=Numbers, outputs=[Out(Total)], reconcile=add)
    world = World([total, other])
    world.put(Number(value=1), "a")
    world.settle()
    failing = world.specs(ControllerStatus)
    assert len(failing) == 1
    assert world.spec(Total, "sum") == Total(value=1, parts=1)


def test_transforms_that_feed_each_other_are_refused_by_name() -> None:
    class Texts(Struct, frozen=True, kw_only=True):
        texts: Annotated[Sequence[Text], All()] = ()

    def back(inputs: Texts) -> Iterator[tuple[str, Number]]:
        yield "n", Number(value=len(inputs.texts))

    loop = Transform(name="test.Back", inputs=Texts, outputs=[Out(Number)], reconcile=back)
    with pytest.raises(ValueError, match=r"test\.\w+ -> test\.\w+"):
        World([loop, text])
