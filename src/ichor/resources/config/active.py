"""The configuration in force, decoded: what controllers read instead of its text."""

from typing import ClassVar

from ichor.config.container import Config
from ichor.cosi.resource import Definition, Spec

ID = "v1alpha1"


class ActiveConfig(Spec, frozen=True, kw_only=True):
    """Kind of ours, never on the wire: the text is, as MachineConfig."""

    definition: ClassVar[Definition] = Definition(
        type="ActiveConfigs.ichor.dev", namespace="config", sensitive=True
    )
    value: Config
