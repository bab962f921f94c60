"""Whether this node's kubelet may introduce itself to the cluster."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

ID = "kubelet"


class BootstrapAccess(Spec, frozen=True, kw_only=True):
    """There once a kubelet that starts will get somewhere; reason: why that is so."""

    definition: ClassVar[Definition] = Definition(
        type="BootstrapAccesses.ichor.dev",
        namespace="k8s",
        aliases=("bootstrapaccess",),
        columns={"Reason": "{.reason}"},
    )
    reason: str
