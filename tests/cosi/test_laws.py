"""Laws of the engine, whatever happens in whatever order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, defstruct
from tests.cosi.specs import Number, Text
from tests.cosi.test_actuator import Table, table_apply
from tests.cosi.test_plan import counter
from tests.cosi.test_transform import text

from ichor.cosi.controller import Controller, Get, Out, Output, Transform
from ichor.cosi.resource import Key, Kind, Spec
from ichor.cosi.state import AnyResource
from ichor.testing.engine import World

IDS = "abcd"
finals = st.dictionaries(st.sampled_from(IDS), st.integers(-1, 3))


def machine(table: Table) -> list[Controller]:
    # text and the table both write Texts, under ids of their own; counter reads them all.
    return [counter, table_apply(table), text]


def facts(world: World) -> dict[Key, tuple[Spec, dict[str, str]]]:
    """What a reader sees: no versions, no times, no note of a failure."""
    return {
        key: (item.spec, dict(item.labels))
        for key, item in world.contents().items()
        if key.type != "ControllerStatuses.ichor.dev"
    }


@settings(deadline=None)
@given(finals, st.data())
def test_the_order_of_arrival_does_not_matter(wanted: dict[str, int], data: st.DataObject) -> None:
    reached = []
    for _ in range(2):
        table = Table()
        world = World(machine(table))
        writes = [
            (id, Number(value=value))
            for id, value in data.draw(st.permutations(list(wanted.items())))
        ]
        for id, spec in writes:
            world.put(spec, id)
            if data.draw(st.booleans()):
                world.settle()
        world.settle()
        reached.append((facts(world), table.rows))
    assert reached[0] == reached[1]


steps = st.lists(st.tuples(st.sampled_from(IDS), st.none() | st.integers(0, 3), st.booleans()))


@settings(deadline=None)
@given(steps)
def test_the_way_there_does_not_matter(moves: list[tuple[str, int | None, bool]]) -> None:
    table = Table()
    world = World(machine(table))
    final: dict[str, int] = {}
    for id, value, settle in moves:
        current = world.get(Number, id)
        if current is not None and not current.is_running:
            world.settle()  # a name is free again once its end has been acted upon
            world.state.destroy(current.key)
        if value is not None:
            world.put(Number(value=value), id)
            final[id] = value
        elif id in final:
            world.remove(Number, id)
            del final[id]
        if settle:
            world.settle()
    world.settle()
    fresh_table = Table()
    fresh = World(machine(fresh_table))
    for id, value in final.items():
        fresh.put(Number(value=value), id)
    fresh.settle()
    ours = {key: fact for key, fact in facts(world).items() if world.state.get(key).is_running}
    assert ours == facts(fresh)
    assert table.rows == fresh_table.rows


@settings(deadline=None)
@given(finals)
def test_settling_again_changes_nothing(wanted: dict[str, int]) -> None:
    world = World(machine(Table()))
    for id, value in wanted.items():
        world.put(Number(value=value), id)
    world.settle()
    before = world.contents()
    for name in world.engine.metrics().controllers:
        world.engine.poke(name)
    world.settle()
    assert world.contents() == before


class Flaky:
    """A disk that refuses some writes, until it is mended."""

    def __init__(self, refusals: list[bool]) -> None:
        self._refusals = refusals

    def keeps(self, kind: Kind) -> bool:
        return kind.type != "ControllerStatuses.ichor.dev" and bool(self._refusals)

    def load(self) -> list[AnyResource]:
        return []

    def save(self, resource: AnyResource) -> None:
        if self._refusals.pop():
            raise OSError(28, "No space left on device")

    def remove(self, key: Key) -> None:
        if self._refusals.pop():
            raise OSError(5, "Input/output error")


@settings(deadline=None)
@given(finals, st.lists(st.booleans(), max_size=40))
def test_a_disk_that_refuses_now_and_then_only_delays(
    wanted: dict[str, int], refusals: list[bool]
) -> None:
    tables = (Table(), Table())
    worlds = (World(machine(tables[0])), World(machine(tables[1])))
    flaky = Flaky([])
    worlds[0].state.attach(flaky)
    for world in worlds:
        world.settle()
        for id, value in wanted.items():
            world.put(Number(value=value), id)
    flaky._refusals.extend(refusals)
    for world in worlds:
        world.settle()
    flaky._refusals.clear()
    for world in worlds:
        world.advance(timedelta(minutes=5))
    assert facts(worlds[0]) == facts(worlds[1])
    assert tables[0].rows == tables[1].rows


def adder(name: str, sources: list[str], seen: list[set[str]]) -> Transform[Struct]:
    """A Transform that copies the stamp of its inputs, and notes when they differ."""
    fields = [
        (f"f{i}", Annotated[Text | None, Get(namespace, "x")], None)
        for i, namespace in enumerate(sources)
    ]
    inputs = defstruct("Inputs", fields, frozen=True, kw_only=True)

    def reconcile(given: Struct) -> Iterator[Output]:
        values = [getattr(given, field) for field, _, _ in fields]
        stamps = {value.text for value in values if value is not None}
        seen.append(stamps)
        if stamps:
            yield Output("x", Text(text=max(stamps)), namespace=name)

    return Transform(name=name, inputs=inputs, outputs=[Out(Text, name)], reconcile=reconcile)


@settings(deadline=None)
@given(st.data())
def test_no_controller_of_any_graph_sees_an_old_input_beside_a_new_one(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 8))
    names = data.draw(st.permutations([f"t{i}" for i in range(size)]))
    seen: list[set[str]] = []
    controllers: list[Controller] = []
    for i, name in enumerate(names):
        above = ["root", *names[:i]]
        sources = data.draw(st.lists(st.sampled_from(above), min_size=1, unique=True))
        controllers.append(adder(name, sources, seen))
    world = World(data.draw(st.permutations(controllers)))
    for stamp in range(3):
        world.put(Text(text=str(stamp)), "x", namespace="root")
        before = len(seen)
        world.settle()
        assert len(seen) - before <= size + (stamp == 0) * size
    assert all(len(stamps) <= 1 for stamps in seen)
