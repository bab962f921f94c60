"""TrustedRoots: whom this node's own programs trust, beside those of the image.

    config/ActiveConfig: TrustedRootsConfig (all) ─┐
    secrets/ImageRoots "image"                    ─┴─► files/EtcFileSpec "ssl/certs/…"

Without a document the image's own file stays in its place.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.trusted_roots import TrustedRootsConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.secrets.roots import ID, ImageRoots

FILE = "ssl/certs/ca-certificates.crt"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", CONFIG_ID)]
    image: Annotated[ImageRoots, Get("secrets", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EtcFileSpec]]:
    documents = inputs.config.value.named(TrustedRootsConfig).values()
    if documents:
        parts = (inputs.image.certificates, *(one.certificates for one in documents))
        contents = "".join(part.rstrip("\n") + "\n" for part in parts if part)
        yield FILE, EtcFileSpec(contents=contents, mode=0o644)


trusted_roots = Transform(
    name="secrets.TrustedRoots", inputs=Inputs, outputs=[Out(EtcFileSpec)], reconcile=reconcile
)
