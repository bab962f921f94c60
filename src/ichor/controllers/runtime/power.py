"""Power: what the last tasks of an ending ask for becomes the fate of this run.

runtime/MachineEnd (all), runtime/Wipe (all) ─► plan ─► Fate ─► runtime/WipeStatus
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.fate import Fate, Fates
from ichor.ports.power import Ending
from ichor.resources.runtime.ending import NAMESPACE, MachineEnd, Wipe, WipeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    ends: Annotated[Mapping[str, MachineEnd], All(NAMESPACE)] = {}
    wipes: Annotated[Mapping[str, Wipe], All(NAMESPACE)] = {}


def plan(inputs: Inputs, observed: Fate) -> Iterator[Fate]:
    """An ending that was decided stays: there is no way back from it."""
    ending = observed.ending or next((named(one) for one in inputs.ends.values()), None)
    wipe = observed.wipe.union(*(one.volumes for one in inputs.wipes.values()))
    wanted = Fate(ending=ending, wipe=wipe)
    if wanted != observed:
        yield wanted


def named(end: MachineEnd) -> Ending | None:
    return next((one for one in Ending if one.value == end.ending), None)


def report(inputs: Inputs, observed: Fate) -> Iterator[Yield]:
    for id, asked in inputs.wipes.items():
        yield id, WipeStatus(volumes=tuple(sorted(observed.wipe & set(asked.volumes))))


def power(port: Fates) -> Actuator[Inputs, Fate, Fate]:
    return Actuator(
        name="runtime.Power",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(WipeStatus)],
        report=report,
    )
