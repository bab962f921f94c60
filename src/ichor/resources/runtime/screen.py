"""A screen that the kernel shows text on: found once at start, the same until the next."""

from typing import ClassVar, Final

from ichor.cosi.resource import Definition, Spec

ID: Final = "screen"


class Screen(Spec, frozen=True, kw_only=True):
    """Kind of ours; there is none where nobody could see it. driver: as the kernel names it."""

    definition: ClassVar[Definition] = Definition(
        type="Screens.ichor.dev",
        namespace="runtime",
        aliases=("screen",),
        columns={"Driver": "{.driver}"},
    )
    driver: str
