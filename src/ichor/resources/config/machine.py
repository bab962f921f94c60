"""The machine's configuration, and its type."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.config.kinds import MachineKind
from ichor.resources.fields import Inline, Verbatim


class MachineConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MachineConfigs.config.talos.dev",
        namespace="config",
        aliases=("machineconfig", "mc", "mcs"),
        sensitive=True,
    )
    text: Verbatim = ""


class MachineType(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MachineTypes.config.talos.dev",
        namespace="config",
        aliases=("machinetype", "mt", "mts"),
        columns={"Type": "{@}"},
    )
    type: Inline[MachineKind] = MachineKind.UNKNOWN
