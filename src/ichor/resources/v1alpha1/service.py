"""Services and how the configuration is being acquired."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class Service(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Services.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("svc", "service"),
        columns={"Running": "{.running}", "Healthy": "{.healthy}", "Health Unknown": "{.unknown}"},
    )
    running: bool = False
    healthy: bool = False
    unknown: bool = False


class AcquireConfigSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AcquireConfigSpecs.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("acquireconfigspec", "acs"),
    )


class AcquireConfigStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AcquireConfigStatuses.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("acquireconfigstatus", "acs"),
    )
