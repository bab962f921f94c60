"""The machine's stage, and requests that change it."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Part
from ichor.resources.runtime.kinds import MachineStage


class UnmetCondition(Part, frozen=True, kw_only=True):
    name: str = ""
    reason: str = ""


class Readiness(Part, frozen=True, kw_only=True, rename="camel"):
    ready: bool = False
    unmet_conditions: tuple[UnmetCondition, ...] = ()


class MachineStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MachineStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("machinestatus", "ms"),
        columns={"Stage": "{.stage}", "Ready": "{.status.ready}"},
    )
    stage: MachineStage = MachineStage.UNKNOWN
    status: Readiness = Readiness()


class MachineResetSignal(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MachineResetSignals.runtime.talos.dev",
        namespace="runtime",
        aliases=("machineresetsignal", "mrs"),
    )


class RebootRequest(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="RebootRequests.runtime.talos.dev",
        namespace="runtime",
        aliases=("rebootrequest", "rr", "rrs"),
    )


class UniqueMachineToken(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="UniqueMachineTokens.runtime.talos.dev",
        namespace="runtime",
        aliases=("uniquemachinetoken", "umt", "umts"),
        columns={"Token": "{.token}"},
    )
    token: str = ""


class Version(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Versions.runtime.talos.dev",
        namespace="runtime",
        aliases=("version",),
        columns={"Name": "{.name}", "Version": "{.version}"},
    )
    name: str = ""
    version: str = ""
