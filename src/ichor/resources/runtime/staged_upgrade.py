"""A staged upgrade: that this start is to write it, and how far it is; kinds of ours."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty

ID = "machine"


class StagedWrite(Spec, frozen=True, kw_only=True):
    """What is staged shall be written."""

    definition: ClassVar[Definition] = Definition(
        type="StagedWrites.ichor.dev", namespace="runtime", aliases=("stagedwrite",)
    )


class StagedUpgradeStatus(Spec, frozen=True, kw_only=True):
    """image: that this start has to write, or has written; empty where there is none.

    written: the machine restarts for it.
    """

    definition: ClassVar[Definition] = Definition(
        type="StagedUpgradeStatuses.ichor.dev",
        namespace="runtime",
        aliases=("stagedupgrade",),
        columns={"Image": "{.image}", "Written": "{.written}"},
    )
    image: OmitEmpty[str] = ""
    written: bool = False
