"""Current: which of the generations is in force.

    config/ConfigGeneration (all) ─┐
    runtime/BootID                ─┼─► newest that counts ─► config/MachineConfig "v1alpha1"
    time                          ─┘                         config/MachineConfig "persistent"

A staged generation counts from the next boot on. One on trial counts until its time is over or
the machine boots: nothing has to be undone, the one before it is simply the newest again.
`persistent` is what the next boot will begin with.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Clock, Get, Out, Transform, WakeAt, Yield
from ichor.cosi.resource import Resource
from ichor.resources.config.generation import NAMESPACE, ConfigGeneration, Reach
from ichor.resources.config.ids import ACTIVE_ID, PERSISTENT_ID
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.ids import BOOT_ID_ID


class Inputs(Struct, frozen=True, kw_only=True):
    now: Annotated[datetime, Clock()]
    generations: Annotated[Sequence[Resource[ConfigGeneration]], All(NAMESPACE)] = ()
    boot: Annotated[BootID, Get("runtime", BOOT_ID_ID)]


def reconcile(inputs: Inputs) -> Iterator[Yield]:
    newest_first = [generation.spec for generation in reversed(inputs.generations)]
    boot = inputs.boot.boot_id
    current = next((one for one in newest_first if counts(one, boot, inputs.now)), None)
    lasting = next((one for one in newest_first if one.reach is not Reach.TRIAL), None)
    if current is not None:
        yield ACTIVE_ID, MachineConfig(text=current.text)
    if lasting is not None:
        yield PERSISTENT_ID, MachineConfig(text=lasting.text)
    for one in newest_first:
        if one.reach is Reach.TRIAL and one.boot == boot and one.until > inputs.now:
            yield WakeAt(one.until)


def counts(generation: ConfigGeneration, boot: str, now: datetime) -> bool:
    match generation.reach:
        case Reach.NOW:
            return True
        case Reach.NEXT_BOOT:
            return generation.boot != boot
        case Reach.TRIAL:
            return generation.boot == boot and now < generation.until


current = Transform(
    name="config.Current", inputs=Inputs, outputs=[Out(MachineConfig)], reconcile=reconcile
)
