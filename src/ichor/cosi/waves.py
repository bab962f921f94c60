"""Waves: the synchronous heart of the engine.

    a change ─► who reads it is stale ─► Transforms, lowest rank first, until none is stale
             ─► then Actuators, on a settled view ─► their reports are changes: the next wave

So no controller acts on a view in which one input is older than another (a glitch), and nothing
touches the world on a half computed wish.
"""

import heapq
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from random import Random

from ichor.cosi import finalizers
from ichor.cosi.controller import Actuator, Controller, Source, Transform
from ichor.cosi.failures import Failures, Scope
from ichor.cosi.inputs import Binding
from ichor.cosi.metrics import EngineMetrics
from ichor.cosi.node import WHOLE, Node
from ichor.cosi.order import ranks
from ichor.cosi.outputs import NOTHING, Wanted
from ichor.cosi.resource import Key, Kind
from ichor.cosi.running import Actuation, actuate, prepare, run_scope, shared_inputs, take_snapshot
from ichor.cosi.state import Event, EventType, State
from ichor.cosi.timers import Timers
from ichor.cosi.timing import Backoff, TimePort


class Waves:
    """woken: called when there is something to do that was not before."""

    def __init__(
        self,
        state: State,
        controllers: Sequence[Controller],
        *,
        time: TimePort,
        random: Random,
        backoff: Backoff,
        quiet: bool = False,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self.state = state
        self.time = time
        self.woken = woken
        self.nodes = {controller.name: Node(controller, state) for controller in controllers}
        if len(self.nodes) < len(controllers):
            raise ValueError("two controllers of one name")
        self.failures = Failures(state, time, random, backoff, quiet=quiet)
        self.wakes: Timers[Scope, datetime] = Timers()
        self.resyncs: Timers[str, float] = Timers()
        self._readers: dict[Kind, list[tuple[Node, Binding]]] = {}
        self._transforms: list[tuple[int, str]] = []
        self._actuators: dict[str, None] = {}
        self._endings: dict[Key, Node] = {}
        self._wire()
        self._cancel = state.tap(self._changed)

    def close(self) -> None:
        self._cancel()

    def metrics(self) -> EngineMetrics:
        each = {name: node.metrics for name, node in self.nodes.items()}
        waiting = len(self._transforms) + len(self._actuators)
        return EngineMetrics(controllers=each, queue=waiting, failing=len(self.failures))

    def poke(self, name: str) -> None:
        """Run the controller again as if all of its inputs had changed."""
        node = self.nodes[name]
        node.mark_all()
        self._enqueue(node)

    def expire(self) -> None:
        """Make stale what is due by now."""
        scopes = self.wakes.pop(self.time.now())
        monotonic = self.time.monotonic()
        for name, scope in (*scopes, *self.failures.retries.pop(monotonic)):
            node = self.nodes[name]
            if scope == WHOLE:
                node.mark_all()
            else:
                node.mark_scope(scope)
            self._enqueue(node)
        for name in self.resyncs.pop(monotonic):
            self.poke(name)

    def next_due(self) -> float | None:
        """Give the seconds until something is due; None if nothing will be."""
        now = self.time.monotonic()
        dues = [
            at - now for at in (self.failures.retries.next(), self.resyncs.next()) if at is not None
        ]
        wake = self.wakes.next()
        if wake is not None:
            dues.append((wake - self.time.now()).total_seconds())
        return max(0.0, min(dues)) if dues else None

    def step(self) -> bool:
        """Finish what is torn down and free, else run the first stale Transform.

        False when there was nothing to do.
        """
        if self._endings:
            key = next(iter(self._endings))
            self._finish(self._endings.pop(key), key)
            return True
        if not self._transforms:
            return False
        node = self.nodes[heapq.heappop(self._transforms)[1]]
        self._run(node)
        return True

    def next_actuation(self) -> tuple[str, Coroutine[None, None, None]] | None:
        """Give the name and the run of an Actuator that is stale; it counts as busy from now.

        To be called when no step is left: its inputs are read here, not when it gets its turn.
        """
        for name in self._actuators:
            node = self.nodes[name]
            if not node.busy:
                del self._actuators[name]
                return name, self._actuation(node)
        return None

    def _actuation(self, node: Node) -> Coroutine[None, None, None]:
        node.busy = True
        node.take(self.state)
        started = self.time.monotonic()
        try:
            prepared = prepare(node, self.state, self.time.now())
        except Exception as err:  # noqa: BLE001 - the supervisor of all controllers
            self.failures.failed(node, WHOLE, err)
            prepared = None
        else:
            if prepared is None:
                self._done(node, WHOLE, NOTHING)
        return self._actuate(node, prepared, started)

    async def _actuate(self, node: Node, prepared: Actuation | None, started: float) -> None:
        """Never raises but for cancellation."""
        try:
            if prepared is not None:
                self._done(node, WHOLE, await actuate(node, self.state, prepared))
        except Exception as err:  # noqa: BLE001
            self.failures.failed(node, WHOLE, err)
        finally:
            node.busy = False
            self._count(node, started)
            self._resync(node)
            self.woken()

    def feed(self, node: Node, snapshot: object) -> None:
        """Take a Source's snapshot."""
        started = self.time.monotonic()
        try:
            wanted = take_snapshot(node, snapshot, self.time.now())
        except Exception as err:  # noqa: BLE001
            self.failures.failed(node, WHOLE, err)
        else:
            self._done(node, WHOLE, wanted)
        self._count(node, started)

    def _finish(self, owner: Node, key: Key) -> None:
        try:
            owner.outputs.finish(key)
        except Exception as err:  # noqa: BLE001 - the disk may refuse
            self.failures.failed(owner, WHOLE, err)

    def _run(self, node: Node) -> None:
        started, now = self.time.monotonic(), self.time.now()
        scopes, is_all = node.take(self.state)
        try:
            finalizers.hold_shared(self.state, node)
            shared = shared_inputs(node, self.state, now)
            wells = [self._run_scope(node, scope, shared, now) for scope in scopes]
            if is_all and all(wells):
                node.outputs.sweep()
            finalizers.release_undone(self.state, node)
        except Exception as err:  # noqa: BLE001
            self.failures.failed(node, WHOLE, err)
        else:
            if node.inputs.each is not None:
                self.failures.succeeded(node, WHOLE)
        self._count(node, started, len(scopes))

    def _run_scope(
        self, node: Node, scope: str, shared: Mapping[str, object] | None, now: datetime
    ) -> bool:
        try:
            wanted = run_scope(node, scope, shared, self.state, now)
        except Exception as err:  # noqa: BLE001
            self.failures.failed(node, scope, err)
            return False
        self._done(node, scope, wanted)
        return True

    def _done(self, node: Node, scope: str, wanted: Wanted) -> None:
        if wanted.wake is None:
            self.wakes.clear((node.name, scope))
        else:
            self.wakes.set((node.name, scope), wanted.wake)
        self.failures.succeeded(node, scope)

    def _count(self, node: Node, started: float, runs: int = 1) -> None:
        node.metrics.runs += runs
        node.metrics.seconds += self.time.monotonic() - started

    def _resync(self, node: Node) -> None:
        controller = node.controller
        if isinstance(controller, Actuator) and controller.resync is not None:
            due = self.time.monotonic() + controller.resync.total_seconds()
            self.resyncs.set(node.name, due)

    def _wire(self) -> None:
        for node in self.nodes.values():
            for binding in node.inputs.all:
                self._readers.setdefault(binding.kind, []).append((node, binding))
        transforms = [
            node for node in self.nodes.values() if isinstance(node.controller, Transform)
        ]
        rank = ranks(
            {node.name: {binding.kind for binding in node.inputs.all} for node in transforms},
            {node.name: {out.kind for out in node.declared} for node in transforms},
        )
        for node in self.nodes.values():
            node.rank = rank.get(node.name, 0)
            node.mark_all()
            self._enqueue(node)
            self._endings.update(dict.fromkeys(node.outputs.scopes, node))  # left by a crash

    def _enqueue(self, node: Node) -> None:
        if isinstance(node.controller, Source):
            return
        if isinstance(node.controller, Actuator):
            self._actuators[node.name] = None
        elif not node.queued:
            node.queued = True
            heapq.heappush(self._transforms, (node.rank, node.name))
        self.woken()

    def _changed(self, event: Event) -> None:
        resource = event.resource
        if resource is None:
            return
        metadata = resource.metadata
        owner = self.nodes.get(metadata.owner)
        if owner is not None and not resource.is_running:
            self._ended(owner, event, resource.key)
        if _only_finalizers(event):
            return
        for node, binding in self._readers.get(resource.kind, ()):
            if binding.concerns(event) and not self._is_paused(node, binding, resource.id):
                node.mark(binding, resource.id)
                self._enqueue(node)

    def _ended(self, owner: Node, event: Event, key: Key) -> None:
        """One of our outputs is torn down: destroy it when free, wake its scope when gone."""
        if event.type is EventType.DESTROYED:
            for scope in owner.outputs.freed(key):
                owner.mark_scope(scope)
                self._enqueue(owner)
        elif event.resource is not None and not event.resource.metadata.finalizers:
            self._endings[key] = owner
            self.woken()

    def _is_paused(self, node: Node, binding: Binding, id: str) -> bool:
        scope = id if binding is node.inputs.each else WHOLE
        return self.failures.is_paused(node, scope)


def _only_finalizers(event: Event) -> bool:
    """Whether nothing changed that a controller should see."""
    new, old = event.resource, event.old
    if new is None or old is None or event.type is not EventType.UPDATED:
        return False
    return (
        new.spec == old.spec
        and new.is_running is old.is_running
        and new.labels == old.labels
        and new.annotations == old.annotations
    )
