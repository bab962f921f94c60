"""What is wrong, in words, and what was killed for memory."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class Diagnostic(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Diagnostics.runtime.talos.dev",
        namespace="runtime",
        aliases=("diagnostic",),
        columns={"Message": "{.message}"},
    )
    message: str = ""
    details: tuple[str, ...] = ()


class OOMAction(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="OOMActions.talos.dev",
        namespace="runtime",
        aliases=("oomaction", "oomactions", "oomaction", "ooma", "oomas"),
        columns={"Time": "{.time}", "Score": "{.score}"},
        sensitive=True,
    )
    trigger_context: OmitEmpty[str] = ""
    score: OmitEmpty[float] = 0.0
    processes: OmitEmpty[tuple[str, ...]] = ()
