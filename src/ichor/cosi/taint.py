"""Taint: what follows from what is not known, so that a plan does not pretend to know it.

Kinds spread it: whoever reads an unknown kind writes unknown kinds. That says "unknown" of some
things that will turn out the same, and never "known" of one that will not.
"""

from collections.abc import Collection, Sequence

from ichor.cosi.controller import Actuator, Controller, Transform
from ichor.cosi.inputs import compile_inputs
from ichor.cosi.resource import Kind


def spread(controllers: Sequence[Controller], seeds: Collection[Kind]) -> frozenset[Kind]:
    """Give the seeds and all kinds that Transforms and Actuators make of them."""
    steps = [
        ({binding.kind for binding in compile_inputs(one.inputs).all}, _writes(one))
        for one in controllers
        if isinstance(one, Transform | Actuator)
    ]
    unknown = set(seeds)
    before = -1
    while len(unknown) > before:
        before = len(unknown)
        for reads, writes in steps:
            if reads & unknown:
                unknown |= writes
    return frozenset(unknown)


def readers(controllers: Sequence[Controller], unknown: Collection[Kind]) -> Sequence[str]:
    """Name the Actuators that may have more to do once the unknown is known."""
    return sorted(
        one.name
        for one in controllers
        if isinstance(one, Actuator)
        and any(binding.kind in unknown for binding in compile_inputs(one.inputs).all)
    )


def _writes(controller: Controller) -> set[Kind]:
    return {out.kind for out in controller.outputs}
