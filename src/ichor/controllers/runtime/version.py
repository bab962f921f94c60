"""Version: what this is, for whoever lists resources.

runtime/BootID ─► runtime/Version "version"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor import __version__
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.ids import BOOT_ID_ID
from ichor.resources.runtime.machine import Version

ID = "version"


class Inputs(Struct, frozen=True, kw_only=True):
    boot: Annotated[BootID, Get("runtime", BOOT_ID_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Version]]:
    yield ID, Version(name="Ichor", version=f"v{__version__}")


version = Transform(
    name="runtime.Version", inputs=Inputs, outputs=[Out(Version)], reconcile=reconcile
)
