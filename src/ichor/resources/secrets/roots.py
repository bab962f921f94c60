"""The certificates the image trusts, as they are below whatever is bound over them."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

ID = "image"


class ImageRoots(Spec, frozen=True, kw_only=True):
    """Kind of ours. certificates: PEM, empty for an image that trusts nobody."""

    definition: ClassVar[Definition] = Definition(
        type="ImageRoots.ichor.dev", namespace="secrets", aliases=("imageroots",)
    )
    certificates: str = ""
