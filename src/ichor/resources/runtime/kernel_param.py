"""Kernel parameters: wanted, default, present."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class KernelParamSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KernelParamSpecs.runtime.talos.dev",
        namespace="runtime",
        aliases=("kernelparamspec", "kps"),
    )
    value: str = ""
    ignore_errors: bool = False


class KernelParamDefaultSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KernelParamDefaultSpecs.runtime.talos.dev",
        namespace="runtime",
        aliases=("kernelparamdefaultspec", "kpds"),
    )
    value: str = ""
    ignore_errors: bool = False


class KernelParamStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KernelParamStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("sysctls", "kernelparameters", "kernelparams", "kernelparamstatus", "kps"),
        columns={"Current": "{.current}", "Default": "{.default}", "Unsupported": "{.unsupported}"},
    )
    current: str = ""
    default: str = ""
    unsupported: bool = False
