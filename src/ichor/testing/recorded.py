"""Recorded stores: the inputs a controller would be given from the contents of a state.

    for inputs in inputs_of(state, hostname, now): list(hostname.reconcile(inputs))

With a store recorded from a live node this runs every decision on what machines really hold.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar, cast

from msgspec import Struct

from ichor.cosi.controller import Actuator, Transform
from ichor.cosi.inputs import Missing, compile_inputs
from ichor.cosi.state import State

I = TypeVar("I", bound=Struct)  # noqa: E741 - inputs, as in ichor.cosi.controller
O = TypeVar("O")  # noqa: E741
A = TypeVar("A")


def inputs_of(
    state: State, controller: Transform[I] | Actuator[I, O, A], now: datetime
) -> Iterator[I]:
    """Give the inputs of every call the engine would make: one, or one per item of an Each."""
    inputs = compile_inputs(controller.inputs)
    try:
        shared = inputs.shared(state, now)
    except Missing:
        return
    if inputs.each is None:
        yield cast("I", inputs.build(shared))
        return
    for item in inputs.each.visible(state):
        yield cast("I", inputs.build({**shared, inputs.each.field: inputs.each.value(item)}))
