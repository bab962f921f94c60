"""Plans: what would happen, found without it happening."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct
from tests.cosi.specs import Number, Text, Total
from tests.cosi.test_actuator import Action, Mount, Observed, Table, Unmount, table_apply

from ichor.cosi.controller import Actuator, All, Controller, Out, Transform
from ichor.cosi.model import Model, Predicted
from ichor.cosi.modelled import Planned, pair
from ichor.cosi.plan import KNOWN_AFTER_APPLY, Change, Plan, predict, seed
from ichor.cosi.resource import Resource, key_of, kind_of, resource
from ichor.cosi.state import State
from ichor.testing.engine import World


def table_model(observed: Observed, action: Action) -> Observed:
    rows = dict(observed)
    if isinstance(action, Unmount):
        del rows[action.id]
    else:
        rows[action.id] = action.value
    return rows


def lease_model(observed: Observed, action: Action) -> Predicted[Observed]:
    return Predicted(table_model(observed, action), unknown=(kind_of(Text),))


class Texts(Struct, frozen=True, kw_only=True):
    texts: Annotated[Mapping[str, Text], All()]


def count(inputs: Texts) -> Iterator[tuple[str, Total]]:
    yield "texts", Total(parts=len(inputs.texts))


counter = Transform(name="test.Count", inputs=Texts, outputs=[Out(Total)], reconcile=count)


def planned(world: World, table: Table, *models: Model[Observed, Action]) -> Plan:
    controllers: list[Controller] = [table_apply(table), counter]

    def change(state: State) -> None:
        state.create(resource(Number(value=2), "b"))

    seeds = asyncio.run(seed(controllers))
    return predict(
        world.state,
        controllers,
        seeds,
        dict(pair(table_apply(table), model) for model in models),
        change,
        now=world.time.now(),
    )


def settled(table: Table) -> World:
    world = World([table_apply(table), counter])
    world.put(Number(value=1), "a")
    world.settle()
    return world


def test_a_plan_says_what_would_be_done_and_what_would_change_and_does_nothing() -> None:
    table = Table()
    world = settled(table)
    before = world.contents()
    plan = planned(world, table, table_model)
    assert plan.actions == (Planned("test.Table", Mount("b", 2)),)
    changed = {change.key.id: change.after for change in plan.changes}
    assert changed.keys() == {"b", "texts"}
    assert plan.failures == {}
    assert (world.contents(), table.rows) == (before, {"a": 1})


def test_what_happens_then_is_what_the_plan_said() -> None:
    table = Table()
    world = settled(table)
    plan = planned(world, table, table_model)
    table.applied.clear()
    world.put(Number(value=2), "b")
    world.settle()
    assert table.applied == [one.action for one in plan.actions]
    for change in plan.changes:
        found = world.state.find(change.key)
        assert found is not None
        assert isinstance(change.after, Resource)
        assert found.spec == change.after.spec


def test_no_change_is_an_empty_plan() -> None:
    table = Table()
    world = settled(table)
    controllers: list[Controller] = [table_apply(table), counter]
    plan = predict(
        world.state,
        controllers,
        {"test.Table": table.observe()},
        dict([pair(table_apply(table), table_model)]),
        lambda _: None,
        now=world.time.now(),
    )
    assert plan.is_empty


def test_what_only_the_world_can_give_and_all_made_of_it_is_known_after_apply() -> None:
    table = Table()
    world = settled(table)
    plan = planned(world, table, lease_model)
    assert plan.unknown == {kind_of(Text), kind_of(Total)}
    total = key_of(Total, "texts")
    assert Change(total, world.state.find(total), KNOWN_AFTER_APPLY) in plan.changes


def test_an_actuator_without_a_model_shows_its_first_actions_and_no_more() -> None:
    table = Table()
    world = settled(table)
    plan = planned(world, table)
    assert plan.actions == (Planned("test.Table", Mount("b", 2)),)
    assert plan.unmodelled == ("test.Table",)
    assert plan.unknown == {kind_of(Text), kind_of(Total)}


def test_a_controller_that_would_fail_is_named() -> None:
    class Numbers(Struct, frozen=True, kw_only=True):
        numbers: Annotated[Sequence[Number], All()] = ()

    def refuse(inputs: Numbers) -> Iterator[tuple[str, Text]]:
        if len(inputs.numbers) > 1:
            raise ValueError("too many")
        yield from ()

    def change(state: State) -> None:
        state.create(resource(Number(), "b"))

    controllers = [Transform(name="t", inputs=Numbers, outputs=[Out(Text)], reconcile=refuse)]
    world = World(controllers)
    world.put(Number(), "a")
    world.settle()
    plan = predict(world.state, controllers, {}, {}, change, now=world.time.now())
    assert plan.failures == {"t": "ValueError: too many"}


def test_an_async_port_is_observed_for_the_seed() -> None:
    async def observe() -> Observed:
        return {"x": 1}

    def nothing(inputs: Texts, observed: Observed) -> Iterator[Action]:
        yield from ()

    slow: Actuator[Texts, Observed, Action] = Actuator(
        name="slow", inputs=Texts, observe=observe, plan=nothing, apply=Table().apply
    )
    assert asyncio.run(seed([slow, counter])) == {"slow": {"x": 1}}
