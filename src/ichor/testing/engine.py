"""Engine harness: a store, controllers and a clock that only moves when told to.

    world = World([hostname, hostname_apply(FakeUts())])
    world.put(Identity(node_id="x"), "local")
    world.settle()
    assert world.spec(Hostname, "hostname") == Hostname(host="node-2d7116")
    world.advance(timedelta(hours=1))      every timer on the way fires at its time

`run` below runs a Transform's reconcile without any engine.
"""

from collections.abc import AsyncIterator, Awaitable, Generator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ichor.cosi.controller import Controller, Output, Transform, WakeAt
from ichor.cosi.memory import Memory
from ichor.cosi.resource import Key, Resource, Spec, key_of, resource
from ichor.cosi.runtime import Engine
from ichor.cosi.state import AnyResource, Event, find, find_all
from ichor.cosi.timing import Backoff

S = TypeVar("S", bound=Spec)
T = TypeVar("T")
I = TypeVar("I", bound=Struct)  # noqa: E741 - inputs, as in ichor.cosi.controller
START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeTime:
    """The time of day and the monotonic clock, moving together and only by `advance`."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = timedelta()

    def now(self) -> datetime:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed.total_seconds()

    def advance(self, by: timedelta) -> None:
        self._elapsed += by


class _Turn(Awaitable[None]):
    """Suspends once; for settle(), which polls."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Feed(Generic[T]):
    """An async iterator that gives what was pushed, and otherwise waits to be polled."""

    def __init__(self, *items: T) -> None:
        self._items: list[T | Exception] = list(items)

    def push(self, item: T | Exception) -> None:
        """Have the reader get the item next, or have its iterator raise."""
        self._items.append(item)

    async def __call__(self) -> AsyncIterator[T]:
        while True:
            while not self._items:
                await _Turn()
            item = self._items.pop(0)
            if isinstance(item, Exception):
                raise item
            yield item


class Gate:
    """Something to await that opens when told; for actions that take time."""

    def __init__(self) -> None:
        self.is_open = False

    async def passed(self) -> None:
        while not self.is_open:
            await _Turn()


class World:
    def __init__(
        self,
        controllers: Sequence[Controller] = (),
        *,
        seed: int = 0,
        backoff: Backoff | None = None,
        state: Memory | None = None,
        time: FakeTime | None = None,
    ) -> None:
        self.time = time or FakeTime()
        self.state = state or Memory(self.time.now)
        self.engine = Engine(
            self.state,
            controllers,
            time=self.time,
            random=Random(seed),  # noqa: S311 - jitter
            backoff=backoff,
        )
        self.events: list[Event] = []
        self.state.tap(self.events.append)

    def put(
        self,
        spec: Spec,
        id: str,
        *,
        namespace: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Create the resource, or update its spec and labels if it is there; owned by nobody."""
        new = resource(spec, id, namespace=namespace, labels=labels)
        current = self.state.find(new.key)
        if current is None:
            self.state.create(new)
        else:
            metadata = replace(current.metadata, labels=new.labels)
            self.state.update(replace(current, spec=spec, metadata=metadata))

    def remove(self, spec: type[Spec], id: str, namespace: str = "") -> bool:
        """Tear the resource down, and destroy it if nobody minds; say whether it is gone."""
        key = key_of(spec, id, namespace)
        is_free = self.state.teardown(key)
        if is_free:
            self.state.destroy(key)
        return is_free

    def settle(self) -> None:
        self.engine.settle()

    def advance(self, by: timedelta) -> None:
        """Let time pass, settling at each moment something is due."""
        self.settle()
        end = self.time.now() + by
        while (due := self.engine.next_due()) is not None and self.time.now() + due <= end:
            self.time.advance(max(due, timedelta(microseconds=1)))
            self.settle()
        if self.time.now() < end:
            self.time.advance(end - self.time.now())
        self.settle()

    def get(self, spec: type[S], id: str, namespace: str = "") -> Resource[S] | None:
        return find(self.state, spec, id, namespace)

    def spec(self, spec: type[S], id: str, namespace: str = "") -> S | None:
        found = self.get(spec, id, namespace)
        return None if found is None else found.spec

    def specs(self, spec: type[S], namespace: str = "") -> dict[str, S]:
        return {item.id: item.spec for item in find_all(self.state, spec, namespace)}

    def contents(self) -> dict[Key, AnyResource]:
        """All that is in the store."""
        kinds = self.state.kinds()
        return {item.key: item for kind in kinds for item in self.state.list(kind)}


def run(transform: Transform[I], inputs: I) -> dict[str, Spec]:
    """Give what a Transform makes of the inputs, by id; wake-ups left out."""
    return dict(_pairs(transform.reconcile(inputs)))


def _pairs(yielded: Iterable[Output | tuple[str, Spec] | WakeAt]) -> Iterable[tuple[str, Spec]]:
    for one in yielded:
        if isinstance(one, Output):
            yield one.id, one.spec
        elif not isinstance(one, WakeAt):
            yield one
