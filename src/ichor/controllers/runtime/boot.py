"""Boot: the sequence that follows when initialize is done, under the id set aside for it.

runtime/Operation, runtime/OperationStatus (all) ─► runtime/Operation "boot"
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.operation import Operation, OperationStatus, State


class Inputs(Struct, frozen=True, kw_only=True):
    journal: Annotated[Mapping[str, OperationStatus], All("runtime")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Operation]]:
    for status in inputs.journal.values():
        then = status.parameters.get("boot", "")
        if status.sequence == "initialize" and status.state is State.DONE and then:
            yield then, Operation(sequence="boot")


boot = Transform(name="runtime.Boot", inputs=Inputs, outputs=[Out(Operation)], reconcile=reconcile)
