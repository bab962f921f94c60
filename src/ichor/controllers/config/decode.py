"""Decode: the text of the configuration becomes documents, once, for every other controller.

    config/MachineConfig "v1alpha1" ─► decode ─► config/ActiveConfig "v1alpha1"

A text that does not decode never gets here: whoever stores a configuration decodes it first. One
that comes from an older version and no longer decodes leaves the node without a configuration,
which is maintenance mode, and shows its fault in the engine's status.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.decode import decode as decode_text
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.machine import MachineConfig


class Inputs(Struct, frozen=True, kw_only=True):
    stored: Annotated[MachineConfig | None, Get("config", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, ActiveConfig]]:
    if inputs.stored is not None:
        yield ID, ActiveConfig(value=decode_text(inputs.stored.text, file="config.yaml"))


decode = Transform(
    name="config.Decode", inputs=Inputs, outputs=[Out(ActiveConfig)], reconcile=reconcile
)
