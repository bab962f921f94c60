"""OSRelease: what this system is, where programs look for it (man os-release).

runtime/HostFacts ─► files/EtcFileSpec "os-release"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor import __version__
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.runtime.host import ID, HostFacts


class Inputs(Struct, frozen=True, kw_only=True):
    host: Annotated[HostFacts, Get("runtime", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EtcFileSpec]]:
    lines = {
        "NAME": "Ichor",
        "ID": "ichor",
        "VERSION_ID": f"v{__version__}",
        "PRETTY_NAME": f"Ichor (v{__version__})",
        "VARIANT_ID": "container" if inputs.host.is_container else "metal",
    }
    text = "".join(f'{key}="{value}"\n' for key, value in lines.items())
    yield "os-release", EtcFileSpec(contents=text, mode=0o444)


os_release = Transform(
    name="runtime.OSRelease", inputs=Inputs, outputs=[Out(EtcFileSpec)], reconcile=reconcile
)
