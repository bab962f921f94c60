"""Kernel modules: wanted and loaded."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty
from ichor.resources.runtime.kinds import KernelModuleState, KernelModuleType


class KernelModuleSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KernelModuleSpecs.runtime.talos.dev",
        namespace="runtime",
        aliases=("kernelmodulespec", "kms"),
    )
    name: str = field(default="", name="string")
    parameters: tuple[str, ...] = ()


class KernelModuleStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KernelModuleStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("module", "modules", "kernelmodulestatus", "kms"),
        columns={"Type": "{.type}", "State": "{.state}"},
    )
    type: KernelModuleType = KernelModuleType.UNKNOWN
    size: int = 0
    reference_count: int = 0
    dependencies: OmitEmpty[tuple[str, ...]] = ()
    state: KernelModuleState = KernelModuleState.LIVE
    address: str = ""


class LoadedKernelModule(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="LoadedKernelModules.runtime.talos.dev",
        namespace="runtime",
        aliases=("loadedkernelmodule", "lkm", "lkms"),
        columns={"State": "{.state}"},
    )
    size: int = 0
    reference_count: int = 0
    dependencies: OmitEmpty[tuple[str, ...]] = ()
    state: str = ""
    address: str = ""
