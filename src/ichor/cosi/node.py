"""Node: one controller inside the engine, and what of it must run again.

A scope is the unit that runs, fails and owns outputs by itself: the id of an Each item, or "" for
a controller that runs as a whole.
"""

from collections.abc import Sequence

from ichor.cosi.controller import Actuator, Controller, Out, Transform
from ichor.cosi.inputs import Binding, Inputs, compile_inputs
from ichor.cosi.metrics import Metrics
from ichor.cosi.outputs import Outputs
from ichor.cosi.resource import Spec
from ichor.cosi.state import State

WHOLE = ""


class Node:
    """rank: Transforms run in this order. queued: waits to run. busy: is being awaited."""

    def __init__(self, controller: Controller, state: State) -> None:
        self.controller = controller
        self.name = controller.name
        self.inputs = _inputs(controller)
        self.outputs = Outputs(state, controller.name, controller.outputs)
        self.metrics = Metrics()
        self.rank = 0
        self.queued = False
        self.busy = False
        self._all_stale = False
        self._stale: dict[str, None] = {}

    @property
    def is_stale(self) -> bool:
        return self._all_stale or bool(self._stale)

    @property
    def declared(self) -> Sequence[Out]:
        return self.controller.outputs

    def mark(self, binding: Binding, id: str) -> None:
        """An input changed."""
        if self.inputs.each is None:
            self._stale[WHOLE] = None
        elif binding is self.inputs.each:
            self._stale[id] = None
        else:
            self._all_stale = True

    def mark_scope(self, scope: str) -> None:
        self._stale[scope] = None

    def mark_all(self) -> None:
        self._all_stale = True

    def take(self, state: State) -> tuple[Sequence[str], bool]:
        """Give the scopes to run now and whether they are all there are; none is stale after."""
        self.queued = False
        stale, all_stale = self._stale, self._all_stale
        self._stale, self._all_stale = {}, False
        if self.inputs.each is None:
            return (WHOLE,), True
        if all_stale:
            items = (item.id for item in self.inputs.each.visible(state))
            stale = {**dict.fromkeys(items), **dict.fromkeys(self.outputs.active()), **stale}
        each = self.inputs.each
        # Items that are gone first, for another may want the names of their outputs.
        gone_first = sorted(stale, key=lambda scope: each.item(state, scope) is not None)
        return gone_first, all_stale


def _inputs(controller: Controller) -> Inputs:
    """Compile the declaration. Raises TypeError for what this kind of controller cannot have."""
    if not isinstance(controller, Transform | Actuator):
        return Inputs(struct=Spec)
    inputs = compile_inputs(controller.inputs)
    if isinstance(controller, Actuator):
        if inputs.each is not None:
            raise TypeError(f"{controller.name}: an Actuator sees the whole world; use All")
        for binding in inputs.bindings:
            if binding.strong and binding.required:
                raise TypeError(f"{controller.name}.{binding.field}: a strong Get is optional")
    return inputs
