"""StagedUpgrade: what an earlier start was told to upgrade to is written by this one.

runtime/StagedWrite (all) ─► plan ─► the other slot ─► runtime/StagedUpgradeStatus

Once in a boot, before there is anything of Kubernetes. What cannot be written is dropped, and the
machine comes up as before.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out, Yield
from ichor.ports.staging import Staging, Stagings, Write
from ichor.resources.runtime.staged_upgrade import ID, StagedUpgradeStatus, StagedWrite


class Inputs(Struct, frozen=True, kw_only=True):
    asked: Annotated[Mapping[str, StagedWrite], All("runtime")] = {}


def plan(inputs: Inputs, observed: Staging) -> Iterator[Write]:
    if inputs.asked and observed.image and not observed.written:
        yield Write()


def report(inputs: Inputs, observed: Staging) -> Iterator[Yield]:
    yield ID, StagedUpgradeStatus(image=observed.image, written=observed.written)


def staged_upgrade(port: Stagings) -> Actuator[Inputs, Staging, Write]:
    return Actuator(
        name="runtime.StagedUpgrade",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(StagedUpgradeStatus)],
        report=report,
    )
