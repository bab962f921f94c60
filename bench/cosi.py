"""What the engine costs, per wake, controller and resource: `python bench/cosi.py [--json]`."""

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Annotated, ClassVar

from msgspec import Struct

from ichor.cosi.controller import All, Controller, Each, Out, Transform
from ichor.cosi.memory import Memory
from ichor.cosi.query import equal, where
from ichor.cosi.resource import Definition, Resource, Spec, key_of, kind_of, resource
from ichor.cosi.runtime import Engine
from ichor.cosi.state import Event, Watch


class Number(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Numbers.bench.dev", namespace="in")
    value: int = 0
    name: str = ""


class Copy(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Copies.bench.dev", namespace="out")
    value: int = 0
    name: str = ""


class One(Struct, frozen=True, kw_only=True):
    number: Annotated[Resource[Number], Each()]


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def copy(inputs: One) -> Iterator[tuple[str, Copy]]:
    yield inputs.number.id, Copy(value=inputs.number.spec.value)


def cpu(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def engine(state: Memory, controllers: Sequence[Controller]) -> Engine:
    return Engine(state, controllers, time=Clock(), random=Random(0))


def filled(count: int) -> Memory:
    state = Memory(Clock().now)
    for i in range(count):
        state.create(resource(Number(value=i), f"n{i:05}", labels={"k": str(i % 10)}))
    return state


def per_wake(items: int, changes: int = 2000) -> float:
    """CPU us from a write to the settled output, the two writes of the store included."""
    state = filled(items)
    each = Transform(name="c", inputs=One, outputs=[Out(Copy)], reconcile=copy)
    running = engine(state, [each])
    running.settle()
    keys = [key_of(Number, f"n{i % items:05}") for i in range(changes)]

    def work() -> None:
        for i, key in enumerate(keys):
            current = state.get(key)
            state.update(Resource(metadata=current.metadata, spec=Number(value=-i - 1)))
            running.settle()

    return cpu(work) / changes * 1e6


def per_write(count: int = 5000) -> float:
    state = filled(count)

    def work() -> None:
        for i in range(count):
            current = state.get(key_of(Number, f"n{i:05}"))
            state.update(Resource(metadata=current.metadata, spec=Number(value=-i)))

    return cpu(work) / count * 1e6


def chain(length: int) -> list[Controller]:
    """Controllers of one Inputs struct each, as the product has them; each feeds the next."""
    return [link(i) for i in range(length)]


def link(i: int) -> Controller:
    class Inputs(Struct, frozen=True, kw_only=True):
        numbers: Annotated[Sequence[Number], All(f"in-{i}")] = ()

    def reconcile(inputs: Inputs) -> Iterator[tuple[str, Number]]:
        for number in inputs.numbers:
            yield number.name, number

    out = Out(Number, f"in-{i + 1}")
    return Transform(name=f"c{i:03}", inputs=Inputs, outputs=[out], reconcile=reconcile)


def controllers(count: int = 500) -> dict[str, float]:
    gc.collect()
    tracemalloc.start()
    made = chain(count)
    declared = tracemalloc.get_traced_memory()[0]
    state = Memory(Clock().now)
    running = engine(state, made)
    running.settle()
    wired = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    fresh = Memory(Clock().now)
    wiring = cpu(lambda: engine(fresh, made))
    state.create(resource(Number(value=1, name="x"), "x", namespace="in-0"))
    through = cpu(running.settle)
    return {
        "controllers_declared_kib": declared / 1024,
        "controllers_wired_kib": (wired - declared) / 1024,
        "controllers_wiring_ms": wiring * 1e3,
        "chain_us_per_controller": through / count * 1e6,
    }


def store(count: int = 10_000) -> dict[str, float]:
    gc.collect()
    tracemalloc.start()
    state = filled(count)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    kind = kind_of(Number)
    events: list[Event] = []
    watch = Watch(kind=kind, bootstrap=True)
    return {
        "store_bytes_per_resource": used / count,
        "list_first_ms": cpu(lambda: state.list(kind)) * 1e3,
        "list_again_us": cpu(lambda: [state.list(kind) for _ in range(10000)]) * 1e2,
        "list_by_label_ms": cpu(lambda: state.list(kind, where(equal("k", "3")))) * 1e3,
        "list_by_id_ms": cpu(lambda: state.list(kind, where(ids="9$"))) * 1e3,
        "watch_bootstrap_ms": cpu(lambda: state.watch(watch, events.append)) * 1e3,
    }


def main() -> None:
    figures = {
        "write_us": per_write(),
        "wake_each_us_of_100": per_wake(100),
        "wake_each_us_of_10000": per_wake(10_000),
        **controllers(),
        **store(),
    }
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:30} {value:10.1f}")


if __name__ == "__main__":
    main()
