"""Values of the META partition."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class MetaKey(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MetaKeys.runtime.talos.dev",
        namespace="runtime",
        aliases=("meta", "metakey", "mk", "mks"),
        columns={"Value": "{.value}"},
    )
    value: str = ""


class MetaLoad(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MetaLoads.runtime.talos.dev",
        namespace="runtime",
        aliases=("metaload", "ml", "mls"),
        columns={"Done": "{.done}"},
    )
    done: bool = False
